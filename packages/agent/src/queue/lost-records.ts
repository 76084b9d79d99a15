import type { DoneFile } from "./done-file.ts";
import { fileHeaderBytes, recordHeaderBytes } from "./record-format.ts";
import type { DamagedPart, FoundRecord } from "./segment-scan.ts";

/** What was found in a segment. */
export interface SegmentFindings {
  /** All that are intact, done ones among them. */
  readonly records: readonly FoundRecord[];
  readonly damage: readonly DamagedPart[];
  /** Of this segment; undefined when there is none. */
  readonly companion: DoneFile | undefined;
}

/**
 * How many records were lost with a damaged part. None when it is only the header of the file or all in it were done; one where it cannot be known, which is when
 * neither the sequence numbers around it nor the companion's count tell.
 */
export function lostRecords(part: DamagedPart, findings: SegmentFindings): number {
  const held = heldBy(part, findings) ?? heldByRest(part, findings);
  if (held === undefined) return 1;
  const end = part.offset + part.bytes;
  let done = 0;
  for (const offset of findings.companion?.done ?? []) if (offset >= part.offset && offset < end) done += 1;
  return Math.max(0, held - done);
}

/** How many records, done ones among them, a part held by what stands around it. */
function heldBy(part: DamagedPart, { records, damage }: SegmentFindings): number | undefined {
  if (part.record !== undefined) return 1;
  if (part.offset + part.bytes <= fileHeaderBytes) return 0;
  let before: FoundRecord | undefined;
  let after: FoundRecord | undefined;
  for (const record of [...records, ...damage.flatMap(({ record }) => record ?? [])]) {
    if (record.offset < part.offset && record.offset >= (before?.offset ?? 0)) before = record;
    if (record.offset > part.offset && record.offset <= (after?.offset ?? Infinity)) after = record;
  }
  const next = after?.header.sequence ?? part.followedBy;
  return before === undefined || next === undefined ? undefined : plausible(next - before.header.sequence - 1, part);
}

/** … by what the companion says that the segment held in all, when everything else in it is known. */
function heldByRest(part: DamagedPart, findings: SegmentFindings): number | undefined {
  const { count = 0, syncedTo = 0 } = findings.companion ?? {};
  let held = count;
  for (const { offset } of findings.records) if (offset < syncedTo) held -= 1;
  for (const other of findings.damage) {
    if (other === part) continue;
    const known = heldBy(other, findings);
    if (known === undefined) return undefined;
    held -= known;
  }
  return plausible(held, part);
}

function plausible(held: number, { bytes }: DamagedPart): number | undefined {
  return held >= 1 && held * recordHeaderBytes <= bytes ? held : undefined;
}
