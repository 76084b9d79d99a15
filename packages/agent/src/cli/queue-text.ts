import type { DamageReport, QueueReport, TenantReport, TopicReport } from "../queue/examine.ts";

/** A profile type of a service, and what of it waits. */
interface ServiceReport extends Omit<TopicReport, "topic"> {
  /** Empty when it is not known. */
  readonly service: string;
  readonly type: string;
}

/** A queue's report as this command shows it. */
export interface ShownQueue extends Omit<QueueReport, "topics"> {
  /** The URL of the endpoint for which it is, as it is shown; empty when it is not known. */
  readonly endpoint: string;
  readonly services: readonly ServiceReport[];
}

/** How many profile types of services are listed; `--json` has all of them. */
const maxListedServices = 20;

/** What `queue inspect` prints of a queue. `now` is in milliseconds since 1970. */
export function inspectText(report: ShownQueue, now: number): string {
  const { folder, segments, fileBytes, records, units, bytes, oldestAt, quarantine, tenants, endpoint, services } = report;
  const lines = [
    folder,
    ...(endpoint === "" ? [] : [`  endpoint  ${nameText(endpoint, "")}`]),
    `  waiting   ${count(records, "record")}, ${count(units, "profile")}, ${byteText(bytes)}`,
    `  on disk   ${count(segments, "segment")}, ${byteText(fileBytes)}`,
  ];
  if (oldestAt !== undefined) lines.push(`  oldest    ${timeText(oldestAt)}, ${ageText(now - oldestAt)} old`);
  if (quarantine.length > 0) lines.push(`  set aside ${count(quarantine.length, "damaged part")} in quarantine/`);
  if (hasDamage(report)) lines.push('  damaged   see "flameline queue check"');
  if (tenants.length > 0) lines.push("", ...tenantTable(tenants, now), "", ...serviceTable(services));
  return `${lines.join("\n")}\n`;
}

/** What `queue check` prints of a queue. */
export function checkText(report: ShownQueue): string {
  const { folder, records, done, damage, unfinished, quarantine, unreadable } = report;
  const verdict = hasDamage(report) ? "damaged" : "ok";
  const lines = [`${folder}: ${verdict}, ${count(records, "record")} waiting and ${done} done with right checksums`];
  for (const part of damage) lines.push(`  ${part.file}: ${damageText(part)}`);
  for (const { file, reason } of unreadable) lines.push(`  ${file} cannot be read: ${reason}`);
  for (const { file, offset, bytes } of unfinished) {
    lines.push(
      `  ${file}: ${byteText(bytes)} at ${offset} are a write that is under way or was interrupted; nobody was told that it is kept`,
    );
  }
  for (const { file, bytes } of quarantine)
    lines.push(`  ${file}: ${byteText(bytes)} that were damaged and set aside; remove it when nobody needs it`);
  return `${lines.join("\n")}\n`;
}

/** Whether something that was kept is lost. */
export function hasDamage({ damage, quarantine, unreadable }: ShownQueue): boolean {
  return damage.length + quarantine.length + unreadable.length > 0;
}

function damageText({ offset, bytes, records, tenant, isReported }: DamageReport): string {
  const owner = tenant === undefined || tenant === "" ? "" : ` of tenant ${JSON.stringify(tenant)}`;
  return `${byteText(bytes)} at ${offset} are damaged: ${count(records, "record")}${owner} lost${isReported ? ", told of before" : ""}`;
}

function tenantTable(tenants: readonly TenantReport[], now: number): readonly string[] {
  const rows = [["tenant", "records", "profiles", "size", "oldest"]];
  for (const { tenant, records, units, bytes, oldestAt } of tenants) {
    rows.push([nameText(tenant, "(none)"), String(records), String(units), byteText(bytes), ageText(now - oldestAt)]);
  }
  return table(rows);
}

function serviceTable(services: readonly ServiceReport[]): readonly string[] {
  const rows = [["service", "type", "profiles", "size"]];
  for (const { service, type, units, bytes } of services.slice(0, maxListedServices)) {
    rows.push([nameText(service, "(unknown)"), nameText(type, "(unknown)"), String(units), byteText(bytes)]);
  }
  const more = services.length - maxListedServices;
  return more > 0 ? [...table(rows), `  and ${more} more`] : table(rows);
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

/** Senders choose these names: nothing in them reaches the terminal as it is. */
function nameText(name: string, none: string): string {
  if (name === "") return none;
  return /\p{C}/u.test(name) ? JSON.stringify(name) : name;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function byteText(bytes: number): string {
  if (bytes < 1024) return count(bytes, "byte");
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

function timeText(at: number): string {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : "at an impossible time";
}

function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
}
