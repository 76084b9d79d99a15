import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { DeliveryError, type Profile } from "../../component/index.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent, type RunningComponentOptions, testServices } from "../../component/testing/running-component.ts";
import { pyroscopeScrape } from "./component.ts";
import { heapProfile, sampleValues } from "./testing/heap-profile.ts";
import { answerPprof, TargetServer } from "./testing/target-server.ts";

const packed = gzipSync(heapProfile(1, 1));

interface ScrapeOptions extends RunningComponentOptions {
  /** Further arguments. */
  readonly more?: string;
  readonly types?: string;
}

/** Only the custom type `cust` at `/cust`, unless other types are asked for. */
const onlyCustom = `
  profile.memory { enabled = false }
  profile.block { enabled = false }
  profile.goroutine { enabled = false }
  profile.mutex { enabled = false }
  profile.process_cpu { enabled = false }`.replaceAll(/[{] (.*) [}]/g, "{\n$1\n}");
const custom = (name: string): string => `profile.custom ${JSON.stringify(name)} {\nenabled = true\npath = "/${name}"\n}`;

function body(targets: string, { more = "", types = custom("cust") }: ScrapeOptions = {}): string {
  return `targets = [${targets}]
    forward_to = [sink]
    scrape_interval = "100ms"
    ${more}
    profiling_config {
      ${onlyCustom}
      ${types}
    }`;
}

const target = (address: string, labels = ""): string => `{ "__address__" = "${address}" ${labels}}`;

async function start(targets: string, receiver: RecordingReceiver, options: ScrapeOptions = {}): Promise<RunningComponent> {
  return RunningComponent.start(pyroscopeScrape, body(targets, options), { receivers: { sink: receiver }, ...options });
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5000, interval: 10 });
const targetsOf = (running: RunningComponent) => (running.debugInfo as { readonly target: readonly Record<string, unknown>[] }).target;
const dataOf = ({ body: { data } }: Profile): Uint8Array => data;

describe("pyroscope.scrape", () => {
  it("forwards what targets answer, as it came, with their labels", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, packed));
    const receiver = new RecordingReceiver();
    const { identity } = testServices();
    const services = { identity: { ...identity, version: "v1.2.3" } };
    const more = `http_headers = { "X-Extra" = ["a", "b"] }\nbearer_token = "tok"\njob_name = "j"`;
    await using running = await start(target(server.address, `, env = "test"`), receiver, { more, services });
    await until(() => expect(receiver.profiles.length).toBeGreaterThan(2));
    const [first, second] = receiver.profiles;
    expect(first && Buffer.from(dataOf(first)).equals(packed)).toBe(true);
    expect(first?.labels.toRecord()).toEqual({
      __address__: server.address,
      __name__: "cust",
      __profile_path__: "/cust",
      __scheme__: "http",
      env: "test",
      instance: server.address,
      job: "j",
      "otel.scope.name": "com.grafana.alloy/pyroscope.scrape",
      "otel.scope.version": "v1.2.3",
      service_name: "unspecified",
    });
    expect(second?.labels).toBe(first?.labels);
    expect(second?.id).not.toBe(first?.id);
    for (const { headers, rawHeaders } of server.requests) {
      expect(headers).toMatchObject({ "user-agent": identity.userAgent, authorization: "Bearer tok" });
      expect(rawHeaders.filter((text) => text === "X-Extra")).toHaveLength(2);
      expect(headers).not.toHaveProperty("accept-encoding");
    }
    expect(targetsOf(running)).toMatchObject([{ job: "j", url: `http://${server.address}/cust`, health: "up", last_error: "" }]);
    expect(running.metric("pyroscope_scrape_success_total")).toBeGreaterThan(2);
  });

  it("follows redirects", async () => {
    await using server = await TargetServer.listen(({ url }, response) => {
      if (url !== "/cust") answerPprof(response, packed);
      else response.writeHead(302, { Location: "/other" }).end();
    });
    const receiver = new RecordingReceiver();
    await using _ = await start(target(server.address), receiver);
    await until(() => expect(receiver.profiles.length).toBeGreaterThan(0));
    expect(server.countOf("/other")).toBeGreaterThan(0);
  });

  it("keeps each endpoint's rhythm beside targets that hang and targets that are not there", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, packed));
    await using hanging = await TargetServer.listen(() => {});
    const receiver = new RecordingReceiver();
    const targets = [server.address, hanging.address, "127.0.0.1:1"].map((address) => target(address)).join(",");
    await using running = await start(targets, receiver, { more: `scrape_timeout = "250ms"` });
    await until(() => expect(hanging.requests.length).toBeGreaterThan(3));
    // A request of 250 ms holds up the turns of its own endpoint only.
    expect(server.requests.length).toBeGreaterThan(hanging.requests.length * 1.5);
    const byUrl = new Map(targetsOf(running).map(({ url, ...rest }) => [url, rest]));
    expect(byUrl.get(`http://${hanging.address}/cust`)).toMatchObject({ health: "down", last_error: "context deadline exceeded" });
    expect(byUrl.get("http://127.0.0.1:1/cust")?.["last_error"]).toContain("connect: connection refused");
    expect(running.metric('pyroscope_scrape_failures_total{reason="timeout"}')).toBeGreaterThan(1);
    expect(running.metric("pyroscope_scrape_missed_total")).toBeGreaterThan(0);
  });

  it("goes on scraping while receivers hang, and holds only a few profiles", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, packed));
    const { promise, resolve } = Promise.withResolvers<void>();
    const receiver = new RecordingReceiver(() => promise);
    await using running = await start(target(server.address), receiver);
    await until(() => expect(server.requests.length).toBeGreaterThan(9));
    expect(receiver.calls).toHaveLength(1);
    expect(running.metric('pyroscope_scrape_profiles_lost_total{reason="waiting_full"}')).toBeGreaterThan(2);
    resolve();
    await until(() => expect(receiver.calls.length).toBeGreaterThan(5));
  });

  it("reports what receivers say, and counts what is lost", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, packed));
    const receiver = new RecordingReceiver(() => {
      throw new DeliveryError("go away", { code: "invalid_argument", retryable: false });
    });
    await using running = await start(target(server.address), receiver);
    const state = { health: "down", last_error: "1 error occurred:\n\t* go away\n\n" };
    await until(() => expect(targetsOf(running)).toMatchObject([state]));
    expect(running.metric('pyroscope_scrape_profiles_lost_total{reason="refused"}')).toBeGreaterThan(0);
    expect(running.log.lines).toContainEqual(expect.objectContaining({ level: "error", message: "push failed" }));
  });

  it("asks an endpoint that does not exist twice, and says so once", async () => {
    await using server = await TargetServer.listen(({ url }, response) => {
      if (url === "/cust") answerPprof(response, packed);
      else response.writeHead(404).end("404 page not found\n");
    });
    const types = `${custom("cust")}\n${custom("missing")}`;
    await using running = await start(target(server.address), new RecordingReceiver(), { types });
    await until(() => expect(server.countOf("/cust")).toBeGreaterThan(6));
    expect(server.countOf("/missing")).toBe(2);
    expect(running.log.lines.filter(({ level }) => level === "error").map(({ fields }) => fields["err"])).toEqual([
      "server returned HTTP status (404) 404 page not found",
    ]);
    expect(running.metric('pyroscope_scrape_failures_total{reason="absent"}')).toBe(2);
  });

  it("refuses garbage without forwarding it", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, Buffer.from("<html><body>x</body></html>")));
    const receiver = new RecordingReceiver();
    await using running = await start(target(server.address), receiver);
    await until(() => expect(targetsOf(running)[0]?.["last_error"]).toContain("text response instead of pprof"));
    expect(receiver.calls).toHaveLength(0);
  });

  it("leaves bad targets out one by one and names them once", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, packed));
    const targets = ["{ x = 1 }", target("a/b"), target(server.address)].join(",");
    await using running = await start(targets, new RecordingReceiver());
    await until(() => expect(server.requests.length).toBeGreaterThan(1));
    expect(targetsOf(running).map(({ url, last_error: error }) => [url, error])).toEqual([
      [`http://${server.address}/cust`, ""],
      ["", "no address"],
      ["", '"a/b:80" is not a valid hostname'],
    ]);
    await running.update(body(targets, { more: `job_name = "x"` }).replace("[sink]", "[]"));
    expect(running.log.lines.map(({ message, fields }) => [message, fields["err"]])).toEqual([
      ["creating targets failed", "no address"],
      ["creating targets failed", '"a/b:80" is not a valid hostname'],
    ]);
    expect(running.metric("pyroscope_scrape_skipped_targets")).toBe(2);
  });

  it("uses the present receivers, targets and internal labels after an update", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, packed));
    const old = new RecordingReceiver();
    const fresh = new RecordingReceiver();
    await using running = await RunningComponent.start(pyroscopeScrape, body(target(server.address, `, "__meta_x" = "1"`)), {
      receivers: { sink: old, fresh },
    });
    await until(() => expect(old.profiles.length).toBeGreaterThan(0));
    await running.update(body(target(server.address, `, "__meta_x" = "2"`)).replace("[sink]", "[fresh]"));
    await until(() => expect(fresh.profiles.at(-1)?.labels.get("__meta_x")).toBe("2"));
    const before = old.calls.length;
    await running.update(body("").replace("[sink]", "[fresh]"));
    await until(() => expect(targetsOf(running)).toEqual([]));
    const asked = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(server.requests.length).toBe(asked);
    expect(old.calls.length).toBe(before);
  });

  it("scrapes the targets that the cluster gives it", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, packed));
    let owner = "a";
    const owns = vi.fn((labels: { get(name: string): string; has(name: string): boolean }) => labels.get("member") === owner);
    const targets = [target(server.address, `, member = "a", "__meta_x" = "1"`), target(server.address, `, member = "b"`)].join(",");
    const receiver = new RecordingReceiver();
    const options = { more: `clustering {\nenabled = true\n}`, services: { cluster: { owns } } };
    await using running = await start(targets, receiver, options);
    await until(() => expect(receiver.profiles.length).toBeGreaterThan(1));
    expect(new Set(receiver.profiles.map(({ labels }) => labels.get("member")))).toEqual(new Set(["a"]));
    expect(owns.mock.calls.some(([labels]) => labels.has("__meta_x"))).toBe(false);
    owner = "b";
    running.clusterChanged();
    await until(() => expect(receiver.profiles.at(-1)?.labels.get("member")).toBe("b"));
  });

  it("stops at once although a target has not answered", async () => {
    await using hanging = await TargetServer.listen(() => {});
    const running = await start(target(hanging.address), new RecordingReceiver());
    await until(() => expect(hanging.requests.length).toBeGreaterThan(0));
    const started = performance.now();
    await running[Symbol.asyncDispose]();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("pyroscope.scrape of totals", () => {
  /** A target whose memory profile shows one allocation more at each request. */
  async function rising(): Promise<TargetServer> {
    const server = await TargetServer.listen((_, response) => answerPprof(response, gzipSync(heapProfile(server.requests.length, 7))));
    return server;
  }

  const memory = { types: custom("memory") };
  const allocated = ({ profiles }: RecordingReceiver): number => {
    let sum = 0;
    for (const profile of profiles) for (const [count] of sampleValues(dataOf(profile))) sum += count ?? 0;
    return sum;
  };

  it("forwards differences, other values as they are, and says that nothing is left to subtract", async () => {
    await using server = await rising();
    const receiver = new RecordingReceiver();
    await using _ = await start(target(server.address), receiver, memory);
    await until(() => expect(receiver.profiles.length).toBeGreaterThan(2));
    for (const profile of receiver.profiles) {
      expect(sampleValues(dataOf(profile))).toEqual([[1, 10, 7, 70]]);
      expect(profile.labels.get("__delta__")).toBe("false");
    }
    // The first profile is only remembered.
    expect(server.requests.length).toBeGreaterThan(receiver.profiles.length);
  });

  it("makes up for what did not get through, but never repeats what some receiver has", async () => {
    await using server = await rising();
    const receiver = new RecordingReceiver();
    const outcomes = [
      new DeliveryError("later", { code: "unavailable", retryable: true }),
      new DeliveryError("later", { code: "unavailable", retryable: true }),
      undefined,
      new DeliveryError("half", { code: "unavailable", retryable: true, partial: true }),
      new DeliveryError("never", { code: "invalid_argument", retryable: false }),
      undefined,
    ];
    receiver.outcome = () => {
      const error = outcomes[receiver.calls.length - 1];
      if (error !== undefined) throw error;
    };
    await using running = await start(target(server.address), receiver, memory);
    await until(() => expect(receiver.calls.length).toBeGreaterThan(5));
    const values = receiver.profiles.slice(0, 6).map((profile) => sampleValues(dataOf(profile))[0]?.[0]);
    expect(values).toEqual([1, 2, 3, 1, 1, 1]);
    expect(running.metric('pyroscope_scrape_profiles_lost_total{reason="refused"}')).toBe(2);
  });

  it("keeps the newest totals while a receiver hangs, and loses nothing", async () => {
    await using server = await rising();
    const { promise, resolve } = Promise.withResolvers<void>();
    const receiver = new RecordingReceiver(() => promise);
    await using running = await start(target(server.address), receiver, memory);
    await until(() => expect(server.requests.length).toBeGreaterThan(8));
    expect(receiver.calls).toHaveLength(1);
    resolve();
    await until(() => expect(receiver.calls.length).toBeGreaterThan(3));
    const forwarded = receiver.calls.length;
    expect(allocated(receiver)).toBeGreaterThan(forwarded + 4);
    expect(allocated(receiver)).toBeLessThan(server.requests.length);
    expect(running.metrics).not.toContain("pyroscope_scrape_profiles_lost_total{");
  });

  it("keeps what it remembers when only internal labels or the interval change", async () => {
    await using server = await rising();
    const receiver = new RecordingReceiver();
    await using running = await start(target(server.address), receiver, memory);
    await until(() => expect(receiver.profiles.length).toBeGreaterThan(0));
    await running.update(body(target(server.address, `, "__meta_x" = "1"`), memory).replace("100ms", "90ms"));
    await until(() => expect(receiver.profiles.at(-1)?.labels.get("__meta_x")).toBe("1"));
    await until(() => expect(allocated(receiver)).toBeGreaterThan(5));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(server.requests.length - allocated(receiver)).toBeLessThanOrEqual(2);
    expect(receiver.profiles.every((profile) => sampleValues(dataOf(profile))[0]?.[0] === 1)).toBe(true);
  });

  it("leaves totals out for which delta_memory_limit has no room, and goes on with the other types", async () => {
    await using server = await rising();
    const receiver = new RecordingReceiver();
    const types = ["memory", "goroutine"].map(custom).join("\n");
    await using running = await start(target(server.address), receiver, { types, more: `delta_memory_limit = "1KiB"` });
    await until(() => expect(running.metric("pyroscope_scrape_left_out_total")).toBeGreaterThan(1));
    await until(() => expect(receiver.profiles.length).toBeGreaterThan(2));
    expect(server.countOf("/memory")).toBe(1);
    expect(new Set(receiver.profiles.map(({ labels }) => labels.get("__name__")))).toEqual(new Set(["goroutine"]));
    expect(running.metric('pyroscope_scrape_delta_shed_total{profile_type="memory"}')).toBe(1);
    expect(running.metric("pyroscope_scrape_delta_shed_endpoints")).toBe(1);
    expect(running.metric("pyroscope_scrape_delta_bytes")).toBe(0);
    const [left] = targetsOf(running).filter(({ url }) => String(url).endsWith("/memory"));
    expect(left).toMatchObject({
      health: "down",
      last_error: "left out, because delta_memory_limit is used up",
      last_scrape_delta_bytes: 0,
    });
    expect(running.log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("shows what is remembered, and nothing of targets that are gone", async () => {
    await using server = await rising();
    const receiver = new RecordingReceiver();
    await using running = await start(target(server.address), receiver, memory);
    await until(() => expect(receiver.profiles.length).toBeGreaterThan(1));
    expect(running.metric("pyroscope_scrape_delta_bytes")).toBeGreaterThan(1000);
    expect(targetsOf(running)[0]?.["last_scrape_delta_bytes"]).toBe(running.metric("pyroscope_scrape_delta_bytes"));
    expect(targetsOf(running)[0]?.["last_scrape_bytes"]).toBeGreaterThan(100);
    await running.update(body("", memory));
    await until(() => expect(running.metric("pyroscope_scrape_delta_bytes")).toBe(0));
  });

  it("says when totals cannot be unpacked or read, and recovers", async () => {
    const bodies = [
      gzipSync(heapProfile(1, 1)),
      gzipSync(heapProfile(2, 1, 1000)).fill(0xff, 600, 700),
      Buffer.from("0a04746573741002", "hex"),
    ];
    await using server = await TargetServer.listen((_, response) => {
      const count = server.requests.length;
      answerPprof(response, bodies[count - 1] ?? gzipSync(heapProfile(count, 1)));
    });
    const receiver = new RecordingReceiver();
    await using running = await start(target(server.address), receiver, memory);
    await until(() => expect(receiver.profiles.length).toBeGreaterThan(1));
    const [first] = running.log.lines.filter(({ message }) => message === "push failed");
    expect(first?.fields["err"]).toMatchObject({ message: expect.stringContaining("decompressing profile: invalid") });
    expect(targetsOf(running)).toMatchObject([{ health: "up" }]);
  });
});
