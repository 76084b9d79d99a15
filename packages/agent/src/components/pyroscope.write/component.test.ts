import { decodePushRequest, Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import type { IngestBody, Profile } from "../../component/profile.ts";
import type { DeliveryContext, ProfileReceiver } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { RunningComponent, testServices } from "../../component/testing/running-component.ts";
import type { WriteArguments } from "./arguments.ts";
import { pyroscopeWrite } from "./component.ts";
import type { SinkAnswer, SinkRequest } from "./testing/profile-sink.ts";
import { ProfileSink } from "./testing/profile-sink.ts";

const cpu = Labels.of({ __name__: "process_cpu", service_name: "shop", env: "prod", __meta_x: "1", __delta__: "false" });

function pprof(labels: Labels = cpu, data = "raw", id = "id-1"): Profile {
  return { id, labels, body: { kind: "pprof", data: Buffer.from(data) }, receivedAt: 0 };
}

function ingest(name: Readonly<Record<string, string>>, more: Partial<IngestBody> = {}): Profile {
  const body: IngestBody = {
    kind: "ingest",
    data: Buffer.from("BODY"),
    path: "/ingest",
    query: "name=shop&from=1",
    contentTypes: ["a/b"],
    ...more,
  };
  return { id: "id-2", labels: Labels.of(name), body, receivedAt: 0 };
}

/** Three attempts with short waits. */
const patient = 'max_backoff_retries = 3\nmin_backoff_period = "10ms"\nmax_backoff_period = "20ms"\nremote_timeout = "200ms"';

function endpoint(url: string, more = patient): string {
  return `endpoint {\nurl = "${url}"\n${more}\n}\n`;
}

interface Writing extends AsyncDisposable {
  readonly component: RunningComponent;
  append(profiles: readonly Profile[], context?: DeliveryContext): Promise<void>;
}

async function start(body: string): Promise<Writing> {
  const component = await RunningComponent.start(pyroscopeWrite, body);
  const { receiver } = component.exports as { readonly receiver: ProfileReceiver };
  return {
    component,
    append: (profiles, context = {}) => receiver.append(profiles, context),
    [Symbol.asyncDispose]: () => component[Symbol.asyncDispose](),
  };
}

function failed(append: Promise<void>): Promise<DeliveryError> {
  return append.then(
    () => expect.unreachable("was delivered"),
    (error: unknown) => (error instanceof DeliveryError ? error : expect.unreachable(String(error))),
  );
}

function series({ body }: SinkRequest): unknown {
  return decodePushRequest(body).map(({ labels, samples }) => ({
    labels: labels.toRecord(),
    samples: samples.map(({ id, raw }) => `${id}=${Buffer.from(raw).toString()}`),
  }));
}

function counters(component: RunningComponent, url: string): Record<string, number | undefined> {
  const names = ["sent_bytes_total", "sent_profiles_total", "dropped_bytes_total", "dropped_profiles_total", "retries_total"];
  return Object.fromEntries(names.map((name) => [name, component.metric(`pyroscope_write_${name}{endpoint="${url}"}`)]));
}

describe("pyroscope.write push", () => {
  it("sends one request for each series, as Connect", async () => {
    await using sink = await ProfileSink.start();
    await using it = await start(endpoint(`${sink.url}/pre/fix/`, 'remote_timeout = "3s"'));
    const other = Labels.of({ __name__: "memory", service_name: "shop" });
    await it.append([pprof(cpu, "1", "a"), pprof(cpu, "2", "b"), pprof(other, "3", "")]);
    const requests = sink.requests.toSorted((a, b) => b.body.length - a.body.length);
    expect(requests.map(series)).toEqual([
      [{ labels: { __name__: "process_cpu", service_name: "shop", env: "prod", __delta__: "false" }, samples: ["a=1", "b=2"] }],
      [{ labels: { __name__: "memory", service_name: "shop" }, samples: ["=3"] }],
    ]);
    const [{ method, url, headers } = expect.unreachable()] = requests;
    expect([method, url]).toEqual(["POST", "/pre/fix/push.v1.PusherService/Push"]);
    expect(headers).toMatchObject({
      "content-type": "application/proto",
      "connect-protocol-version": "1",
      "connect-timeout-ms": "3000",
      "user-agent": testServices().identity.userAgent,
      "x-alloy-id": testServices().identity.uid,
      "content-length": String(requests[0]?.body.length),
    });
  });

  it("puts external labels over those of the profile, drops internal ones", async () => {
    await using sink = await ProfileSink.start();
    const external = '{env = "", cluster = "c1", "__name__" = "other", "__tmp" = "x"}';
    await using it = await start(`external_labels = ${external}\n${endpoint(sink.url)}`);
    await it.append([pprof()]);
    expect(sink.requests.map(series)).toEqual([
      [{ labels: { __name__: "other", service_name: "shop", cluster: "c1", __delta__: "false" }, samples: ["id-1=raw"] }],
    ]);
  });

  it("lets configured headers win, but for those that the protocol needs", async () => {
    await using sink = await ProfileSink.start();
    const headers = {
      "User-Agent": "mine/1",
      "X-Alloy-Id": "me",
      Host: "other.example",
      "Content-Type": "x/y",
      "Connect-Protocol-Version": "9",
      "Connect-Timeout-Ms": "8",
      Authorization: "Custom c",
    };
    await using it = await start(endpoint(sink.url, `${patient}\nheaders = ${alloyObject(headers)}\nbasic_auth {\nusername = "u"\n}`));
    await it.append([pprof()]);
    expect(sink.requests[0]?.headers).toMatchObject({
      "user-agent": "mine/1",
      "x-alloy-id": "me",
      host: "other.example",
      "content-type": "application/proto",
      "connect-protocol-version": "1",
      "connect-timeout-ms": "200",
      authorization: "Custom c",
    });
  });

  it.each([
    [Labels.empty, "service name is required"],
    [Labels.of({ "invalid-label": "x" }), "invalid label name: invalid label name: invalid-label: character is not allowed: '-'"],
    [Labels.of({ a: "\u{dcff}" }), "invalid label value for a: \u{dcff}"],
  ])("refuses labels that no server takes, before any request and only those", async (labels, reason) => {
    await using sink = await ProfileSink.start();
    await using it = await start(endpoint(sink.url));
    const message = `invalid labels in profile: ${reason}`;
    expect(await failed(it.append([pprof(labels)]))).toMatchObject({ message, code: "invalid_argument", retryable: false, partial: false });
    expect(await failed(it.append([pprof(labels), pprof()]))).toMatchObject({ message, partial: true });
    expect(sink.requests).toHaveLength(1);
    expect(counters(it.component, sink.url)).toMatchObject({ sent_profiles_total: 1, dropped_profiles_total: 2 });
  });
});

describe("pyroscope.write /ingest", () => {
  it("sends the request on with a name made of the labels", async () => {
    await using sink = await ProfileSink.start();
    await using it = await start(endpoint(`${sink.url}/pre?dropped=1`));
    const body = { query: "spyName=x&name=app%7Bold%3D1%7D&from=now-10s&x=2&x=", contentTypes: ["a/b", "c/d"] };
    await it.append([ingest({ __name__: "app", app_name: "app", service_name: "my-service", env: "a b" }, body)]);
    const [request] = sink.requests;
    expect(request?.url).toBe(
      "/pre/ingest?from=now-10s&name=my-service%7Bapp_name%3Dapp%2Cenv%3Da+b%2Cservice_name%3Dmy-service%7D&spyName=x&x=2&x=",
    );
    expect(request?.body.toString()).toBe("BODY");
    // Node joins what it got as two lines only for some headers; of this one it keeps the first.
    expect(request?.headers["content-type"]).toBe("a/b");
  });

  it("keeps internal labels that the sender named, drops those that the pipeline added", async () => {
    await using sink = await ProfileSink.start();
    await using it = await start(endpoint(sink.url));
    const query = `name=${encodeURIComponent("app{__session_id__=1}")}`;
    await it.append([ingest({ __name__: "app", service_name: "app", __session_id__: "1", __tmp_hash: "7" }, { query })]);
    expect(decodeURIComponent(sink.requests[0]?.url ?? "")).toBe("/ingest?name=app{__session_id__=1,service_name=app}");
  });

  it("puts external labels over those of the profile, but not over the application", async () => {
    await using sink = await ProfileSink.start();
    await using it = await start(`external_labels = {service_name = "ext", env = "e"}\n${endpoint(sink.url)}`);
    await it.append([ingest({ __name__: "app", service_name: "app" })]);
    expect(decodeURIComponent(sink.requests[0]?.url ?? "")).toBe("/ingest?from=1&name=app{env=e,service_name=ext}");
  });

  it.each([
    [{ status: 422, body: "too many labels" }, 1, "remote error: pyroscope write error: status=422 msg=too many labels", false],
    [{ status: 503, body: "x".repeat(3000) }, 3, `remote error: pyroscope write error: status=503 msg=${"x".repeat(2048)}`, true],
    [{ status: 408 }, 3, "remote error: pyroscope write error: status=408 msg=", true],
    [{ status: 301, headers: { location: "/other" } }, 1, "remote error: pyroscope write error: status=301 msg=", false],
  ] as const)("judges %o", async (answer, attempts, reason, retryable) => {
    await using sink = await ProfileSink.start();
    sink.answer = () => answer;
    await using it = await start(endpoint(sink.url));
    const error = await failed(it.append([ingest({ __name__: "app" })]));
    expect(error.message).toBe(`failed to ingest to endpoint ${sink.url} (${attempts - 1} retries): ${reason}`);
    expect(error).toMatchObject({ status: answer.status, retryable });
    expect(sink.requests).toHaveLength(attempts);
  });

  it.each([200, 201, 204])("takes %i as a success", async (status) => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status });
    await using it = await start(endpoint(sink.url));
    await it.append([ingest({ __name__: "app" }), pprof()]);
    expect(counters(it.component, sink.url)).toEqual({ sent_bytes_total: 7, sent_profiles_total: 2 });
  });
});

describe("pyroscope.write retries", () => {
  const json = { "content-type": "application/json" };
  const connect = (status: number, code: string): SinkAnswer => ({ status, headers: json, body: JSON.stringify({ code, message: "why" }) });
  const text = { "content-type": "text/plain" };

  it.each<[name: string, answer: SinkAnswer, attempts: number, reason: string]>([
    ["503", { status: 503, headers: text }, 3, "unavailable: 503 Service Unavailable"],
    ["500", { status: 500, headers: text }, 3, "unknown: 500 Internal Server Error"],
    ["408", { status: 408, headers: text }, 3, "unknown: 408 Request Timeout"],
    ["429", { status: 429, headers: text }, 3, "unavailable: 429 Too Many Requests"],
    ["400", { status: 400, headers: text }, 1, "internal: 400 Bad Request"],
    ["401", { status: 401, headers: text }, 1, "unauthenticated: 401 Unauthorized"],
    ["404", { status: 404, headers: text }, 1, "unimplemented: 404 Not Found"],
    ["413", { status: 413, headers: text }, 1, "unknown: 413 Payload Too Large"],
    ["invalid_argument", connect(400, "invalid_argument"), 1, "invalid_argument: why"],
    ["resource_exhausted", connect(429, "resource_exhausted"), 3, "resource_exhausted: why"],
    ["internal", connect(500, "internal"), 3, "internal: why"],
    ["a code nobody knows", connect(418, "made_up"), 3, "unknown: why"],
    ["another type", { headers: text, body: "hello" }, 3, 'unknown: invalid content-type: "text/plain"; expecting "application/proto"'],
    ["a broken connection", { reset: true }, 3, "unavailable: "],
    ["no answer in time", { delayMs: 400 }, 3, "deadline_exceeded: context deadline exceeded"],
  ])("judges %s", async (_, answer, attempts, reason) => {
    await using sink = await ProfileSink.start();
    sink.answer = () => answer;
    await using it = await start(endpoint(sink.url));
    const error = await failed(it.append([pprof()]));
    expect(error.message).toContain(`failed to push to endpoint ${sink.url} (${attempts - 1} retries): ${reason}`);
    expect(error.retryable).toBe(attempts > 1);
    expect(sink.requests).toHaveLength(attempts);
    const retries = attempts > 1 ? { retries_total: attempts - 1 } : {};
    expect(counters(it.component, sink.url)).toEqual({ dropped_bytes_total: 3, dropped_profiles_total: 1, ...retries });
  });

  it.each([
    ["push", pprof(), { status: 429, headers: text }],
    ["push with a Connect error", pprof(), connect(429, "resource_exhausted")],
    ["ingest", ingest({ __name__: "app" }), { status: 429 }],
  ])("gives up at once after 429 on %s when told to", async (_, profile, answer) => {
    await using sink = await ProfileSink.start();
    sink.answer = () => answer;
    await using it = await start(endpoint(sink.url, `${patient}\nretry_on_http_429 = false`));
    expect(await failed(it.append([profile]))).toMatchObject({ retryable: false, status: 429 });
    expect(sink.requests).toHaveLength(1);
  });

  it("delivers when the server comes back", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = (_, count) => ({ status: count < 3 ? 503 : 200 });
    await using it = await start(endpoint(sink.url));
    await it.append([pprof()]);
    expect(counters(it.component, sink.url)).toEqual({ sent_bytes_total: 3, sent_profiles_total: 1, retries_total: 2 });
    const count = (type: string): number | undefined =>
      it.component.metric(`pyroscope_write_latency_count{endpoint="${type === "push_total" ? "-" : sink.url}",type="${type}"}`);
    expect(["push_total", "push_endpoint", "push_downstream"].map(count)).toEqual([1, 1, 3]);
  });

  it("takes an answer whose compression is broken for one that is not understood", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ headers: { "content-encoding": "gzip" }, body: "no gzip" });
    await using it = await start(endpoint(sink.url));
    expect(await failed(it.append([pprof()]))).toMatchObject({ code: "invalid_argument", retryable: false });
    expect(counters(it.component, sink.url)).toEqual({ dropped_bytes_total: 3, dropped_profiles_total: 1 });
  });

  it("waits as long as the server asks for", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = (_, count) => (count === 1 ? { status: 429, headers: { "retry-after": "1" } } : {});
    await using it = await start(endpoint(sink.url));
    await it.append([ingest({ __name__: "app" })]);
    const [first, second] = sink.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(990);
  });

  it("ends with the caller's deadline, whatever is configured", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ delayMs: 150 });
    await using it = await start(endpoint(sink.url, "max_backoff_retries = 0"));
    const error = await failed(it.append([pprof()], { deadline: Date.now() + 100 }));
    expect(error).toMatchObject({ code: "deadline_exceeded", retryable: true });
    expect(Number(sink.requests[0]?.headers["connect-timeout-ms"])).toBeLessThanOrEqual(100);
  });

  it("does not begin to wait for an attempt that would come after the deadline", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    await using it = await start(endpoint(sink.url, 'min_backoff_period = "1h"\nmax_backoff_period = "1h"'));
    await failed(it.append([pprof()], { deadline: Date.now() + 60_000 }));
    expect(sink.requests).toHaveLength(1);
  });

  it("ends when the caller has gone, while it sends and while it waits", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ delayMs: 100 });
    await using it = await start(endpoint(sink.url, 'min_backoff_period = "1h"\nmax_backoff_period = "1h"'));
    const sending = await failed(it.append([pprof()], { signal: AbortSignal.abort() }));
    expect(sending).toMatchObject({ code: "canceled", retryable: false });
    sink.answer = () => ({ status: 503 });
    const caller = new AbortController();
    const waiting = failed(it.append([pprof()], { signal: caller.signal }));
    const attempts = (): unknown[] => it.component.log.lines.filter(({ message }) => message === "failed to push to endpoint");
    await expect.poll(() => attempts().length).toBe(2);
    caller.abort();
    expect((await waiting).message).toContain("503 Service Unavailable");
  });
});

describe("pyroscope.write endpoints", () => {
  it("gives every endpoint every profile, and one that fails keeps nothing from the others", async () => {
    await using good = await ProfileSink.start();
    await using bad = await ProfileSink.start();
    bad.answer = () => ({
      status: 400,
      headers: { "content-type": "application/json" },
      body: '{"code":"invalid_argument","message":"no"}',
    });
    await using it = await start(endpoint(bad.url) + endpoint(good.url) + endpoint("http://127.0.0.1:1"));
    const error = await failed(it.append([pprof()]));
    expect(error.message).toMatch(
      new RegExp(
        `^failed to push to endpoint ${bad.url} .*\nfailed to push to endpoint http://127.0.0.1:1 \\(2 retries\\): unavailable: .*refused$`,
      ),
    );
    expect(error).toMatchObject({ code: "unavailable", retryable: true, partial: true });
    expect(good.requests).toHaveLength(1);
    expect(counters(it.component, good.url)).toEqual({ sent_bytes_total: 3, sent_profiles_total: 1 });
    expect(counters(it.component, bad.url)).toEqual({ dropped_bytes_total: 3, dropped_profiles_total: 1 });
    const warnings = it.component.log.lines.filter(({ level }) => level === "warn");
    expect(warnings).toMatchObject([{ message: "Push", fields: { sz: 3, n: 1, dl: "none" } }]);
    expect(warnings[0]?.fields["err"]).toBe(error);
  });

  it.each([
    ["push", pprof(), { status: 400 }],
    ["push without answer", pprof(), { reset: true }],
    ["ingest", ingest({ __name__: "app" }), { status: 400 }],
    ["ingest without answer", ingest({ __name__: "app" }), { reset: true }],
  ])("sends the password of a URL as credentials and shows it nowhere: %s", async (_, profile, answer) => {
    await using sink = await ProfileSink.start();
    sink.answer = () => answer;
    await using it = await start(endpoint(sink.url.replace("//", "//me:top-secret@")));
    const error = await failed(it.append([profile]));
    const shown = sink.url.replace("//", "//me:xxxxx@");
    expect(sink.requests[0]?.headers.authorization).toBe(`Basic ${btoa("me:top-secret")}`);
    expect(error.message).toContain(`to endpoint ${shown} (`);
    expect(counters(it.component, shown)).toMatchObject({ dropped_profiles_total: 1 });
    const log = it.component.log.lines.map(({ message, fields: { err, ...fields } }) => [
      message,
      err instanceof Error && err.message,
      fields,
    ]);
    expect(log.length).toBeGreaterThan(0);
    expect(JSON.stringify([error.message, log, it.component.metrics])).not.toContain("top-secret");
    expect((it.component.arguments as WriteArguments).endpoint.map(({ url }) => url)).toEqual([shown]);
  });

  it("succeeds without endpoints", async () => {
    await using it = await start("");
    await it.append([pprof(), ingest({ __name__: "app" })]);
  });

  it("accounts for every profile when the endpoint does as it likes", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = (_, count) => [{}, { status: 503 }, { reset: true }, { status: 422 }, { status: 400 }][count % 5] ?? {};
    await using it = await start(endpoint(sink.url));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, at) => it.append([at % 2 ? pprof() : ingest({ __name__: "app" })])),
    );
    const delivered = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(delivered).toBeGreaterThan(0);
    expect(delivered).toBeLessThan(60);
    expect(counters(it.component, sink.url)).toMatchObject({ sent_profiles_total: delivered, dropped_profiles_total: 60 - delivered });
  });

  it.each([
    [endpoint("localhost:4040", ""), 'endpoint url "localhost:4040" must begin with http:// or https://'],
    [endpoint("http://h:port/", ""), 'endpoint url "http://h:port/" is not a valid URL'],
    [endpoint("http://u:top/secret@h", ""), 'endpoint url "http://u:xxxxx@h" is not a valid URL'],
    [endpoint("http://u:100%@h", ""), 'endpoint url "http://u:xxxxx@h" has a broken escape in its user information'],
    [endpoint("http://h", "max_backoff_retries = -1"), "max_backoff_retries must not be negative"],
    [endpoint("http://h", 'remote_timeout = "0s"'), "remote_timeout must be greater than 0s"],
    [
      endpoint("http://h", 'bearer_token = "t"\nbasic_auth { }'),
      "at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured",
    ],
    ['external_labels = {"a-b" = "x"}', "invalid external_labels: invalid label name: a-b: character is not allowed: '-'"],
  ])("refuses %j", async (body, reason) => {
    await expect(start(body)).rejects.toThrow(reason);
  });
});

describe("pyroscope.write life", () => {
  it("keeps its receiver while endpoints change, and ends what was under way where it began", async () => {
    await using old = await ProfileSink.start();
    await using next = await ProfileSink.start();
    old.answer = () => ({ delayMs: 100 });
    await using it = await start(endpoint(old.url));
    const underWay = it.append([pprof()]);
    await expect.poll(() => old.requests.length).toBe(1);
    await it.component.update(endpoint(next.url));
    await it.append([pprof()]);
    await underWay;
    expect([old.requests.length, next.requests.length]).toEqual([1, 1]);
    expect(counters(it.component, old.url)).toMatchObject({ sent_profiles_total: 1 });
    expect(it.component.published).toHaveLength(1);
  });

  it("stops quietly: lets an attempt end, waits for no other, takes nothing new", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = ({ url }) => (url.startsWith("/ingest") ? { status: 503 } : { delayMs: 100 });
    const it = await start(endpoint(sink.url, 'min_backoff_period = "1h"\nmax_backoff_period = "1h"'));
    const sending = it.append([pprof()]);
    const waiting = failed(it.append([ingest({ __name__: "app" })]));
    await expect.poll(() => sink.requests.length).toBe(2);
    await it[Symbol.asyncDispose]();
    await sending;
    expect((await waiting).retryable).toBe(true);
    expect(await failed(it.append([pprof()]))).toMatchObject({ message: "pyroscope.write.test has exited", retryable: true });
    expect(it.component.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("shows the header that identifies it among its arguments", async () => {
    await using it = await start(endpoint("http://a", "") + endpoint("http://b", 'headers = {"x-alloy-id" = "me"}'));
    const { endpoint: endpoints } = it.component.arguments as WriteArguments;
    expect(endpoints.map(({ headers }) => [...headers])).toEqual([[["X-Alloy-Id", "uid-of-test"]], [["x-alloy-id", "me"]]]);
  });

  it("is not told to send to a receiver of this program", async () => {
    const services = testServices();
    services.ownAddresses.claimReceiver("pyroscope.receive_http.in", "127.0.0.1", 4040);
    const body = endpoint("http://localhost:4040");
    await expect(RunningComponent.start(pyroscopeWrite, body, { services })).rejects.toThrow("profiles would go round in circles");
  });
});

function alloyObject(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)} = ${JSON.stringify(value)}`)
    .join(", ")}}`;
}
