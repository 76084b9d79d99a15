import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import type { IngestBody, PprofBody, Profile } from "../../component/profile.ts";
import type { ProfileReceiver } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeRelabel } from "./component.ts";

const pprof: PprofBody = { kind: "pprof", data: Uint8Array.of(1) };

function profile(labels: Readonly<Record<string, string>> | Labels, body: PprofBody | IngestBody = pprof): Profile {
  return { id: "1", labels: labels instanceof Labels ? labels : Labels.of(labels), body, receivedAt: 0 };
}

interface SetUp extends AsyncDisposable {
  readonly component: RunningComponent;
  readonly next: RecordingReceiver;
  readonly receiver: ProfileReceiver;
}

async function setUp(body: string): Promise<SetUp> {
  const next = new RecordingReceiver();
  const other = new RecordingReceiver();
  const component = await RunningComponent.start(pyroscopeRelabel, `forward_to = [next]\n${body}`, { receivers: { next, other } });
  const { receiver } = component.exports as { readonly receiver: ProfileReceiver };
  return { component, next, receiver, [Symbol.asyncDispose]: () => component[Symbol.asyncDispose]() };
}

const dropDev = 'rule {\naction = "drop"\nsource_labels = ["env"]\nregex = "dev"\n}';

function metricsOf(component: RunningComponent): Record<string, number | undefined> {
  const names = ["profiles_processed", "profiles_written", "profiles_dropped", "cache_hits", "cache_misses", "cache_size"];
  return Object.fromEntries(names.map((name) => [name, component.metric(`pyroscope_relabel_${name}`)]));
}

describe("pyroscope.relabel", () => {
  it("rewrites labels by the rules in their order", async () => {
    await using it = await setUp(`
      rule {
        source_labels = ["env"]
        target_label  = "environment"
      }
      rule {
        action = "labeldrop"
        regex  = "^env$"
      }
      rule {
        source_labels = ["region"]
        regex         = "us-(.+)"
        target_label  = "zone"
        replacement   = "zone-$1"
      }`);
    await it.receiver.append([profile({ env: "prod", region: "us-1" })], {});
    expect(it.next.profiles.map(({ labels }) => labels.toRecord())).toEqual([{ environment: "prod", region: "us-1", zone: "zone-1" }]);
  });

  it("counts what it processed, wrote, dropped, and how its cache did", async () => {
    await using it = await setUp(dropDev);
    expect(metricsOf(it.component)).toEqual({
      profiles_processed: 0,
      profiles_written: 0,
      profiles_dropped: 0,
      cache_hits: 0,
      cache_misses: 0,
      cache_size: 0,
    });
    await it.receiver.append([profile({})], {});
    for (const env of ["prod", "dev", "prod", "stage"]) await it.receiver.append([profile({ env })], {});
    expect(metricsOf(it.component)).toEqual({
      profiles_processed: 5,
      profiles_written: 4,
      profiles_dropped: 1,
      cache_hits: 1,
      cache_misses: 3,
      cache_size: 3,
    });
    expect(it.component.metric("pyroscope_forwarded_entries_total")).toBe(4);
    expect(it.next.profiles.map(({ labels }) => labels.get("env"))).toEqual(["", "prod", "prod", "stage"]);
  });

  it("counts the profiles of one series as one, keeps them together and leaves out only what is dropped", async () => {
    await using it = await setUp(dropDev);
    const prod = Labels.of({ env: "prod" });
    const profiles = [profile(prod), profile(prod), profile({ env: "dev" }), profile({ env: "stage" })];
    await it.receiver.append(profiles, {});
    expect(it.next.calls.map(({ profiles }) => profiles)).toEqual([[profiles[0], profiles[1], profiles[3]]]);
    expect(it.next.profiles[0]).toBe(profiles[0]);
    expect(metricsOf(it.component)).toMatchObject({ profiles_processed: 3, profiles_written: 2, profiles_dropped: 1 });
  });

  it("drops a profile that is left without labels, the first time and every other", async () => {
    await using it = await setUp('rule {\naction = "labeldrop"\nregex = ".*"\n}');
    await it.receiver.append([profile({ a: "1" })], {});
    await it.receiver.append([profile({ a: "1" })], {});
    expect(it.next.calls).toEqual([]);
    expect(metricsOf(it.component)).toMatchObject({ profiles_dropped: 2, profiles_written: 0 });
  });

  it("replaces the labels of a request to /ingest and nothing else of it", async () => {
    const body: IngestBody = { kind: "ingest", data: Uint8Array.of(2), path: "/ingest", query: "name=a", contentTypes: ["x/y"] };
    await using it = await setUp('rule {\ntarget_label = "team"\nreplacement = "core"\n}');
    await it.receiver.append([profile({ service_name: "a" }, body)], { deadline: 5 });
    expect(it.next.calls[0]?.context).toEqual({ deadline: 5 });
    expect(it.next.profiles[0]?.body).toBe(body);
    expect(it.next.profiles[0]?.labels.toRecord()).toEqual({ service_name: "a", team: "core" });
  });

  it("gives equal label sets the same result object", async () => {
    await using it = await setUp('rule {\ntarget_label = "team"\nreplacement = "core"\n}');
    await it.receiver.append([profile({ a: "1" })], {});
    await it.receiver.append([profile({ a: "1" })], {});
    const [first, second] = it.next.profiles;
    expect(first?.labels).toBe(second?.labels);
  });

  it("passes the errors of its receivers on", async () => {
    await using it = await setUp("");
    it.next.outcome = () => {
      throw new DeliveryError("refused", { code: "permission_denied", retryable: false, status: 403 });
    };
    await expect(it.receiver.append([profile({ a: "1" })], {})).rejects.toMatchObject({
      message: "1 error occurred:\n\t* refused\n\n",
      status: 403,
      retryable: false,
    });
    expect(metricsOf(it.component)).toMatchObject({ profiles_written: 1 });
  });

  it("keeps its receiver across updates, forgets results only when the rules changed, and shrinks", async () => {
    await using it = await setUp(dropDev);
    for (const env of ["a", "b", "c"]) await it.receiver.append([profile({ env })], {});
    await it.component.update(`forward_to = [other]\nmax_cache_size = 2\n${dropDev}`);
    expect(metricsOf(it.component)).toMatchObject({ cache_size: 2 });
    await it.receiver.append([profile({ env: "c" })], {});
    expect(metricsOf(it.component)).toMatchObject({ cache_hits: 1 });
    await it.component.update("forward_to = [next]");
    expect(metricsOf(it.component)).toMatchObject({ cache_size: 0 });
    await it.receiver.append([profile({ env: "dev" })], {});
    expect(it.next.profiles.at(-1)?.labels.get("env")).toBe("dev");
    expect(it.next.profiles).toHaveLength(4);
    expect(it.component.published.map((exports) => (exports as SetUp).receiver)).toEqual([it.receiver, it.receiver, it.receiver]);
  });

  it("exports its rules", async () => {
    await using it = await setUp(dropDev);
    expect(it.component.exports).toMatchObject({ rules: [{ action: "drop", source_labels: ["env"], regex: "dev" }] });
  });

  it.each([0, -1])("refuses a cache of %i entries, at the start and on an update", async (size) => {
    await expect(setUp(`max_cache_size = ${size}`)).rejects.toThrow("must provide a positive size");
    await using it = await setUp(dropDev);
    await expect(it.component.update(`forward_to = []\nmax_cache_size = ${size}`)).rejects.toThrow("must provide a positive size");
    await it.receiver.append([profile({ env: "prod" })], {});
    expect(it.next.profiles).toHaveLength(1);
  });

  it("refuses rules that cannot be applied", async () => {
    await expect(setUp('rule {\naction = "hashmod"\ntarget_label = "x"\n}')).rejects.toThrow(
      "relabel configuration for hashmod requires non-zero modulus",
    );
  });

  it("takes nothing after it ended", async () => {
    const it = await setUp("");
    await it[Symbol.asyncDispose]();
    await expect(it.receiver.append([profile({ a: "1" })], {})).rejects.toMatchObject({
      message: "pyroscope.relabel.test has exited",
      retryable: true,
    });
  });
});
