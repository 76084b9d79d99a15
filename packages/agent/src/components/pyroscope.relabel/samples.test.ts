import { gunzipSync, gzipSync } from "node:zlib";
import { encodeProfile, isGzip, Labels, type ProfileSample } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { goPprofRaw, hasGo } from "../../../../profile/src/testing/go-pprof.ts";
import { decodePprof, meaningOf } from "../../../../profile/src/testing/pprof-messages.ts";
import type { IngestBody, PprofBody, Profile } from "../../component/profile.ts";
import type { ProfileReceiver } from "../../component/receiver.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeRelabel } from "./component.ts";

function pprofOf(samples: readonly (readonly [value: number, labels: Readonly<Record<string, string>>])[]): Uint8Array {
  const stack = [{ function: "main", file: "main.go", functionLine: 1, line: 2 }];
  return encodeProfile({
    sampleTypes: [{ type: "cpu", unit: "nanoseconds" }],
    timeMs: 1,
    durationMs: 1,
    samples: samples.map(([value, labels]): ProfileSample => ({ stack, values: [value], labels })),
  });
}

const traced = pprofOf([
  [1, { span_id: "1", env: "prod" }],
  [2, { span_id: "2", env: "prod" }],
  [4, { span_id: "3", env: "dev" }],
  [8, {}],
]);

const dropSpans = 'rule {\nscope = "samples"\naction = "labeldrop"\nregex = "span_id"\n}\n';
const keepProd = 'rule {\nscope = "samples"\naction = "keep"\nsource_labels = ["env"]\nregex = "prod"\n}\n';

interface SetUp extends AsyncDisposable {
  readonly component: RunningComponent;
  readonly next: RecordingReceiver;
  append(body: PprofBody | IngestBody): Promise<void>;
}

async function setUp(rules: string): Promise<SetUp> {
  const next = new RecordingReceiver();
  const component = await RunningComponent.start(pyroscopeRelabel, `forward_to = [next]\n${rules}`, { receivers: { next } });
  const { receiver } = component.exports as { readonly receiver: ProfileReceiver };
  return {
    component,
    next,
    append: (body) => receiver.append([{ id: "1", labels: Labels.of({ env: "outside" }), body, receivedAt: 0 } satisfies Profile], {}),
    [Symbol.asyncDispose]: () => component[Symbol.asyncDispose](),
  };
}

const pprof = (data: Uint8Array): PprofBody => ({ kind: "pprof", data });
const ingest = (data: Uint8Array, query: string, ...contentTypes: readonly string[]): IngestBody => ({
  kind: "ingest",
  data,
  path: "/ingest",
  query,
  contentTypes,
});

function sentSamples({ next }: SetUp): readonly string[] {
  const data = next.profiles[0]?.body.data ?? new Uint8Array();
  return meaningOf(decodePprof(isGzip(data) ? gunzipSync(data) : data)).map(({ labels, values }) => `${labels} ${values.join()}`);
}

const count = ({ component }: SetUp, result: string): number | undefined =>
  component.metric(`pyroscope_relabel_samples_profiles_total{result="${result}"}`);

describe("rules for samples", () => {
  it("change the labels inside, add up what became equal, and leave the profile's own labels alone", async () => {
    await using it = await setUp(dropSpans);
    await it.append(pprof(traced));
    expect(sentSamples(it)).toEqual(["env=prod/0 3", "env=dev/0 4", " 8"]);
    expect(it.next.profiles[0]?.labels.toRecord()).toEqual({ env: "outside" });
    expect(count(it, "relabelled")).toBe(1);
  });

  it("keep their order, and are apart from those for the profile", async () => {
    const outside = 'rule {\naction = "labeldrop"\nregex = "env"\n}\nrule {\ntarget_label = "team"\nreplacement = "core"\n}\n';
    const rename = 'rule {\nscope = "samples"\nsource_labels = ["env"]\ntarget_label = "stage"\n}\n';
    const drop = 'rule {\nscope = "samples"\naction = "labeldrop"\nregex = "env|span_id"\n}\n';
    await using it = await setUp(rename + outside + drop);
    await it.append(pprof(traced));
    expect(sentSamples(it)).toEqual(["stage=prod/0 3", "stage=dev/0 4", " 8"]);
    expect(it.next.profiles[0]?.labels.toRecord()).toEqual({ team: "core" });
  });

  it("drop samples, and a profile that has none left", async () => {
    await using it = await setUp(keepProd);
    await it.append(pprof(traced));
    expect(sentSamples(it)).toEqual(["env=prod,span_id=1/0 1", "env=prod,span_id=2/0 2"].map((line) => line.replace(",", "/0,")));
    await it.append(pprof(pprofOf([[1, { env: "dev" }]])));
    expect([it.next.profiles.length, count(it, "dropped")]).toEqual([1, 1]);
    expect(it.component.metric("pyroscope_relabel_samples_dropped_total")).toBe(3);
    const empty = pprofOf([]);
    await it.append(pprof(empty));
    expect(it.next.profiles[1]?.body.data).toBe(empty);
  });

  it("answer gzip with gzip, also to a bare pprof on /ingest", async () => {
    await using it = await setUp(dropSpans);
    const body = ingest(gzipSync(traced), "name=app&format=pprof", "application/octet-stream");
    await it.append(body);
    expect(sentSamples(it)).toEqual(["env=prod/0 3", "env=dev/0 4", " 8"]);
    expect(it.next.profiles[0]?.body).toMatchObject({
      kind: "ingest",
      path: "/ingest",
      query: body.query,
      contentTypes: body.contentTypes,
    });
    expect(isGzip(it.next.profiles[0]?.body.data ?? new Uint8Array())).toBe(true);
  });

  it("hand on the very same profile when they change nothing in it", async () => {
    await using it = await setUp(dropSpans);
    const data = gzipSync(pprofOf([[1, { env: "dev" }]]));
    await it.append(pprof(data));
    expect(it.next.profiles[0]?.body.data).toBe(data);
    expect([count(it, "relabelled"), count(it, "unchanged")]).toEqual([0, 1]);
  });

  it.each([
    ["another format", ingest(traced, "name=app&format=jfr")],
    ["no format", ingest(traced, "name=app")],
    ["a form", ingest(traced, "name=app&format=pprof", "multipart/form-data; boundary=x")],
  ])("pass %s as it is, counted", async (_, body) => {
    await using it = await setUp(dropSpans);
    await it.append(body);
    expect([it.next.profiles[0]?.body, count(it, "unsupported")]).toEqual([body, 1]);
  });

  it.each([
    ["a cut profile", traced.subarray(0, -3)],
    ["a broken gzip", gzipSync(traced).subarray(0, 40)],
  ])("pass %s as it is, counted", async (_, data) => {
    await using it = await setUp(dropSpans);
    await it.append(pprof(data));
    expect([it.next.profiles[0]?.body.data, count(it, "unreadable")]).toEqual([data, 1]);
  });

  it("come and go with updates", async () => {
    await using it = await setUp("");
    await it.append(pprof(traced));
    await it.component.update(`forward_to = [next]\n${dropSpans}`);
    await it.append(pprof(traced));
    await it.component.update("forward_to = [next]");
    await it.append(pprof(traced));
    const [before, between, after] = it.next.profiles.map(({ body }) => body.data);
    expect([before, after]).toEqual([traced, traced]);
    expect(between?.length).toBeLessThan(traced.length);
  });

  it.skipIf(!hasGo)("write what go tool pprof reads (needs go)", async () => {
    await using it = await setUp(dropSpans);
    await it.append(pprof(gzipSync(traced)));
    expect(goPprofRaw(it.next.profiles[0]?.body.data ?? new Uint8Array())).toContain("env:[prod]");
  });

  it("with an unknown scope are refused", async () => {
    await expect(setUp('rule {\nscope = "inside"\n}')).rejects.toThrow('must be one of "profile", "samples"');
  });
});
