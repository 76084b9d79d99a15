import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodePushRequest, encodeProfile, Labels } from "@flameline/profile";
import type { ProfileSample } from "@flameline/profile";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refusals } from "../../../../profile/src/testing/acceptance.ts";
import { totalOf } from "../../../../profile/src/testing/arbitrary-pprof.ts";
import { decodePprof } from "../../../../profile/src/testing/pprof-messages.ts";
import type { Profile } from "../../component/profile.ts";
import type { ProfileReceiver } from "../../component/receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeWrite } from "./component.ts";
import type { SinkAnswer, SinkRequest } from "./testing/profile-sink.ts";
import { ProfileSink } from "./testing/profile-sink.ts";

let dataPath = "";
let sink: ProfileSink;
beforeEach(async () => {
  dataPath = mkdtempSync(join(tmpdir(), "repair-"));
  sink = await ProfileSink.start();
  sink.answer = judge;
});
afterEach(async () => {
  await sink[Symbol.asyncDispose]();
  rmSync(dataPath, { recursive: true, force: true });
});

/** What a server with the usual limits says: it takes a request as a whole or not at all. */
function judge(request: SinkRequest): SinkAnswer {
  const reasons = decodePushRequest(request.body).flatMap(({ labels, samples }) =>
    samples.flatMap(({ raw }) => refusals(labels, raw, Date.now())),
  );
  if (reasons.length === 0) return {};
  return {
    status: 400,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: "invalid_argument", message: reasons[0] }),
  };
}

const stack = [{ function: "main", file: "main.go", functionLine: 1, line: 2 }];

function profile(id: string, samples: readonly ProfileSample[], labels: Labels = series): Profile {
  const data = encodeProfile({ sampleTypes: [{ type: "cpu", unit: "nanoseconds" }], timeMs: Date.now(), durationMs: 1000, samples });
  return { id, labels, body: { kind: "pprof", data }, receivedAt: Date.now() };
}

const series = Labels.of({ __name__: "process_cpu", service_name: "shop" });
const healthy = (id: string): Profile => profile(id, [{ stack, values: [1], labels: { thread: "1" } }]);
const poisoned = (id: string): Profile => profile(id, [{ stack, values: [5], labels: { "http route": "/" } }]);
const hopeless: Profile = {
  id: "hopeless",
  labels: series,
  body: { kind: "pprof", data: Buffer.from("no pprof") },
  receivedAt: Date.now(),
};

function start(more = "", queue = true): Promise<RunningComponent> {
  const quick = 'min_backoff_period = "5ms"\nmax_backoff_period = "20ms"\nmax_backoff_retries = 3';
  return RunningComponent.start(pyroscopeWrite, `endpoint {\nurl = "${sink.url}"\n${quick}\n}\n${more}`, {
    dataPath,
    services: { queueByDefault: queue },
  });
}

function append(component: RunningComponent, ...profiles: readonly Profile[]): Promise<void> {
  return (component.exports as { readonly receiver: ProfileReceiver }).receiver.append(profiles, {});
}

/** Ids and totals of what the sink has taken. */
function taken(): readonly string[] {
  return sink.requests
    .filter((request) => judge(request).status === undefined)
    .flatMap(({ body }) => decodePushRequest(body))
    .flatMap(({ samples }) => samples.map(({ id, raw }) => `${id}=${totalOf(decodePprof(raw)).join()}`));
}

function counted(component: RunningComponent): readonly (number | undefined)[] {
  const value = (name: string): number | undefined => component.metric(`flameline_write_${name}{endpoint="${sink.url}"}`);
  return [value("accepted_profiles_total"), value("delivered_profiles_total"), value("queued_profiles")];
}

describe("pyroscope.write with repair", () => {
  it("mends what the server refused, profile by profile, and sets aside only what cannot be mended", async () => {
    await using component = await start();
    await append(component, healthy("a"), poisoned("b"), hopeless, healthy("c"));
    await vi.waitFor(() => expect(counted(component)).toEqual([4, 3, 0]));
    expect(taken()).toEqual(["a=1", "b=5", "c=1"]);
    expect(component.metric(`flameline_write_rejected_profiles_total{endpoint="${sink.url}",reason="invalid_argument"}`)).toBe(1);
    expect(component.metric('pyroscope_write_repaired_profiles_total{kind="label_names"}')).toBe(1);
  });

  it("sends each part once when the server goes away in the middle", async () => {
    let failures = 2;
    sink.answer = (request) => {
      const [sample] = decodePushRequest(request.body).flatMap(({ samples }) => samples);
      const { status } = judge(request);
      return status === undefined && sample?.id === "c" && failures-- > 0 ? { status: 503 } : judge(request);
    };
    await using component = await start();
    await append(component, healthy("a"), poisoned("b"), healthy("c"));
    await vi.waitFor(() => expect(counted(component)).toEqual([3, 3, 0]));
    expect(taken().filter((id) => !id.startsWith("c="))).toEqual(["a=1", "b=5"]);
  });

  it("counts each profile once when the rest of a request waits too long", async () => {
    sink.answer = (request) => {
      const [sample] = decodePushRequest(request.body).flatMap(({ samples }) => samples);
      return judge(request).status === undefined && sample?.id === "c" ? { status: 503 } : judge(request);
    };
    await using component = await start('queue {\nmax_age = "300ms"\n}');
    await append(component, healthy("a"), poisoned("b"), healthy("c"));
    await vi.waitFor(() => expect(component.metric(`flameline_write_expired_profiles_total{endpoint="${sink.url}"}`)).toBeGreaterThan(0), {
      timeout: 5000,
    });
    expect(component.metric(`flameline_write_expired_profiles_total{endpoint="${sink.url}"}`)).toBe(1);
    expect(counted(component)).toEqual([3, 2, 0]);
  });

  it("keeps what a proxy refuses for its login on the second way, too", async () => {
    let failures = 2;
    sink.answer = (request) => {
      const [sample] = decodePushRequest(request.body).flatMap(({ samples }) => samples);
      return judge(request).status === undefined && sample?.id === "c" && failures-- > 0 ? { status: 407 } : judge(request);
    };
    await using component = await start();
    await append(component, healthy("a"), poisoned("b"), healthy("c"));
    await vi.waitFor(() => expect(counted(component)).toEqual([3, 3, 0]));
  });

  it("sets aside what it cannot look into", async () => {
    sink.answer = () => ({ status: 400, body: "too many labels" });
    await using component = await start("repair {\nlabel_count = false\n}");
    const many = Labels.of(Object.fromEntries(Array.from({ length: 1100 }, (_, index) => [`label_${index}`, "x"])));
    await append(component, profile("a", [{ stack, values: [1], labels: {} }], many));
    await vi.waitFor(() => expect(counted(component)).toEqual([1, 0, 0]));
  });

  it("splits what has too many samples; the sum stays", async () => {
    sink.answer = ({ body }) => {
      const sizes = decodePushRequest(body).flatMap(({ samples }) => samples.map(({ raw }) => (decodePprof(raw).sample ?? []).length));
      return sizes.some((size) => size > 100) ? { status: 422, body: "too many samples" } : {};
    };
    await using component = await start("repair {\nmax_samples = 100\n}");
    const samples = Array.from({ length: 250 }, (_, index) => ({ stack, values: [1], labels: { thread: `${index}` } }));
    await append(component, profile("large", samples));
    await vi.waitFor(() => expect(counted(component)).toEqual([1, 1, 0]), { timeout: 5000 });
    const [, ...parts] = sink.requests.flatMap(({ body }) => decodePushRequest(body)).flatMap((one) => one.samples);
    expect(parts.map(({ id }) => id)).toEqual(["large", "large/2", "large/3"]);
    expect(totalOf(...parts.map(({ raw }) => decodePprof(raw)))).toEqual([250n]);
  });

  it("brings a pprof without a time through that has waited for longer than the server takes back", async () => {
    await using component = await start('queue {\nmax_age = "12h"\n}');
    const samples = [{ stack, values: [3], labels: {} }];
    const data = encodeProfile({ sampleTypes: [{ type: "cpu", unit: "nanoseconds" }], timeMs: 0, durationMs: 1000, samples });
    const receivedAt = Date.now() - 6 * 3_600_000;
    await append(component, { id: "late", labels: series, body: { kind: "pprof", data }, receivedAt });
    await vi.waitFor(() => expect(counted(component)).toEqual([1, 1, 0]));
    expect(sink.requests.map((request) => judge(request).status)).toEqual([400, undefined]);
    expect(taken()).toEqual(["late=3"]);
  });

  it("mends labels before anything is sent", async () => {
    await using component = await start();
    await append(component, profile("a", [{ stack, values: [1], labels: {} }], series.edit().set("pod-name", "p").labels()));
    await vi.waitFor(() => expect(counted(component)).toEqual([1, 1, 0]));
    expect(decodePushRequest(sink.requests[0]?.body ?? Buffer.of())[0]?.labels.get("pod_name")).toBe("p");
  });

  it("mends labels in the name of a request to /ingest, never the application", async () => {
    sink.answer = () => ({});
    await using component = await start();
    const body = { kind: "ingest", data: Buffer.from("BODY"), path: "/ingest", query: "name=x&from=1&until=2", contentTypes: [] } as const;
    const labels = Labels.of({ __name__: "go-app/1.cpu", service_name: "go-app/1.cpu", "pod-name": "p" });
    await append(component, { id: "1", labels, body, receivedAt: Date.now() });
    await vi.waitFor(() => expect(counted(component)).toEqual([1, 1, 0]));
    const { searchParams } = new URL(sink.requests[0]?.url ?? "", sink.url);
    expect(searchParams.get("name")).toBe("go-app/1.cpu{pod_name=p,service_name=go-app/1.cpu}");
  });

  /** The pprof of a request to `/ingest`, read by another implementation of forms. */
  async function pprofOf({ headers, body }: SinkRequest): Promise<Uint8Array> {
    const type = headers["content-type"] ?? "";
    if (!type.startsWith("multipart/")) return body;
    const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
    const part = form.get("profile");
    if (!(part instanceof File)) throw new Error("no profile in the form");
    expect(form.get("sample_type_config")).toBeTruthy();
    return new Uint8Array(await part.arrayBuffer());
  }

  function ingest(data: Uint8Array, query: string, contentType: string): Profile {
    const body = { kind: "ingest", data, path: "/ingest", query, contentTypes: [contentType] } as const;
    return { id: "1", labels: Labels.of({ __name__: "go-app", service_name: "go-app" }), body, receivedAt: Date.now() };
  }

  function form(...parts: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array {
    const rows = parts.map(([name, content]) => [
      Buffer.from(`--edge\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n`),
      content,
      Buffer.from("\r\n"),
    ]);
    return Buffer.concat([...rows.flat(), Buffer.from("--edge--\r\n")]);
  }

  it.each(["a body", "a form"])("mends a pprof on /ingest: %s", async (kind) => {
    const label = Labels.of({ __name__: "process_cpu", service_name: "go-app" });
    sink.answer = async (request) => {
      const [reason] = refusals(label, await pprofOf(request), Date.now());
      return reason === undefined ? {} : { status: 422, body: reason };
    };
    await using component = await start();
    const { data } = poisoned("b").body;
    const config = Buffer.from('{"cpu":{"units":"samples"}}');
    const query = "name=go-app&from=1&until=2";
    await append(
      component,
      kind === "a body"
        ? ingest(data, `${query}&format=pprof`, "application/octet-stream")
        : ingest(form(["profile", data], ["sample_type_config", config]), query, "multipart/form-data; boundary=edge"),
    );
    await vi.waitFor(() => expect(counted(component)).toEqual([1, 1, 0]));
    const [first, second] = sink.requests;
    if (first === undefined || second === undefined) throw new Error("too few requests");
    expect([second.url, second.headers["content-type"]]).toEqual([first.url, first.headers["content-type"]]);
    expect(totalOf(decodePprof(await pprofOf(second)))).toEqual([5n]);
    expect(component.metric('pyroscope_write_repaired_profiles_total{kind="label_names"}')).toBe(1);
  });

  it.each([
    ["a form with what a server subtracts", form(["profile", poisoned("b").body.data], ["prev_profile", poisoned("c").body.data])],
    ["a form with two profiles", form(["profile", poisoned("b").body.data], ["profile", poisoned("c").body.data])],
    ["a form without end", form(["profile", poisoned("b").body.data]).subarray(0, 100)],
    ["a form without profile", form(["jfr", poisoned("b").body.data])],
  ])("sets %s aside as it is", async (_, body) => {
    sink.answer = () => ({ status: 422, body: "no" });
    await using component = await start();
    await append(component, ingest(body, "name=go-app&from=1&until=2", "multipart/form-data; boundary=edge"));
    await vi.waitFor(() => expect(counted(component)).toEqual([1, 0, 0]));
    expect(sink.requests).toHaveLength(1);
  });

  it("tells senders that wait what is wrong, unless it is asked to mend it", async () => {
    await using plain = await start("", false);
    await expect(append(plain, poisoned("b"))).rejects.toMatchObject({ code: "invalid_argument", retryable: false });
    await expect(append(plain, profile("a", [], series.edit().set("a-b", "1").labels()))).rejects.toThrow("invalid label name");
    await plain[Symbol.asyncDispose]();
    await using mending = await start("repair { }", false);
    await append(mending, healthy("a"), poisoned("b"));
    expect(taken()).toEqual(["a=1", "b=5"]);
    await expect(append(mending, healthy("c"), hopeless)).rejects.toMatchObject({ code: "invalid_argument" });
    expect(counted(mending)).toEqual([4, 3, 0]);
  });

  it("mends nothing when it is switched off", async () => {
    await using component = await start("repair {\nenabled = false\n}");
    await append(component, poisoned("b"));
    await vi.waitFor(() => expect(counted(component)).toEqual([1, 0, 0]));
    expect(sink.requests).toHaveLength(1);
  });
});
