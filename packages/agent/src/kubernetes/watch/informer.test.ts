import { afterEach, describe, expect, it } from "vitest";
import { defaultHttpClient } from "../../http/client/arguments.ts";
import type { Origin } from "../../http/testing/origin.ts";
import { KubernetesClient } from "../client/kubernetes-client.ts";
import { type Pod, podKind } from "../objects/pod.ts";
import { bytes, events, list, pod, refusal, scriptedApi, type Step } from "../testing/scripted-api.ts";
import type { BackoffLimits } from "./backoff.ts";
import { Informer } from "./informer.ts";

/** An informer that runs, and all that it told. */
class Running implements AsyncDisposable {
  readonly told: string[] = [];
  readonly informer: Informer<Pod>;
  readonly #origin: Origin;
  readonly #client: KubernetesClient;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  private constructor(origin: Origin, namespace: string, backoff: BackoffLimits) {
    this.#origin = origin;
    this.#client = new KubernetesClient({ server: `${origin.url}/prefix/`, http: defaultHttpClient() }, { name: "test", userAgent: "t" });
    const selection = { namespace, labelSelector: "app in (a, b)", fieldSelector: "" };
    this.informer = new Informer(this.#client, podKind, selection, backoff);
    this.informer.listen({
      changed: ({ before, after }) => this.told.push(`${before?.version ?? "-"}>${after?.version ?? "-"} ${(after ?? before)?.name}`),
      synced: () => this.told.push("synced"),
      failed: (error) => this.told.push(error.message),
      recovered: () => this.told.push("recovered"),
    });
    this.#ended = this.informer.run(this.#stop.signal);
  }

  static async start(steps: readonly Step[], namespace = "", backoff: BackoffLimits = { firstMs: 5, lastMs: 10 }): Promise<Running> {
    return new Running(await scriptedApi(...steps), namespace, backoff);
  }

  get names(): readonly string[] {
    return Array.from(this.informer.values(), ({ name }) => name);
  }

  /** Path and query of each request, without what is by chance. */
  get asked(): readonly string[] {
    return this.#origin.requests.map(({ url }) =>
      decodeURIComponent(url)
        .replace(/timeoutSeconds=\d+&/, "")
        .replace("labelSelector=app+in+(a,+b)", "S"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await this.#client.close();
    await this.#origin[Symbol.asyncDispose]();
  }
}

const watching = events();
const gone = { type: "ERROR", object: { kind: "Status", code: 410, message: "too old resource version" } };
const bookmark = (version: string): object => ({ type: "BOOKMARK", object: { metadata: { resourceVersion: version } } });
const end =
  (step: Step): Step =>
  (response, request) => {
    step(response, request);
    response.end();
  };

describe("Informer", () => {
  let running: Running | undefined;
  const start = async (...steps: readonly Step[]): Promise<Running> => (running = await Running.start(steps));
  afterEach(async () => {
    await running?.[Symbol.asyncDispose]();
    running = undefined;
  });

  it("lists page by page and then watches from there on", async () => {
    await start(list("9", [pod("a"), pod("b")], "next page"), list("9", [pod("c")]), events({ type: "ADDED", object: pod("d", "10") }));
    await expect.poll(() => running?.told).toEqual(["synced", "->10 d"]);
    expect(running?.asked).toEqual([
      "/prefix/api/v1/pods?S&limit=500",
      "/prefix/api/v1/pods?S&limit=500&continue=next+page",
      "/prefix/api/v1/pods?S&resourceVersion=9&allowWatchBookmarks=true&watch=1",
    ]);
  });

  it("asks for one namespace", async () => {
    running = await Running.start([list("1", []), watching], "a b");
    await expect.poll(() => running?.asked[0]).toBe("/prefix/api/v1/namespaces/a b/pods?S&limit=500");
  });

  it("tells what came, changed and went, and nothing twice", async () => {
    await start(
      list("1", [pod("a"), pod("b")]),
      events(
        { type: "MODIFIED", object: pod("a", "2") },
        { type: "MODIFIED", object: pod("a", "2") },
        { type: "DELETED", object: pod("b", "3") },
        { type: "DELETED", object: pod("unknown", "4") },
        { type: "ADDED", object: pod("c", "5") },
      ),
    );
    await expect.poll(() => running?.told).toEqual(["synced", "1>2 a", "1>- b", "->5 c"]);
  });

  it("goes on from the last bookmark when the server ends a watch, without listing again", async () => {
    await start(list("1", [pod("a")]), end(events(bookmark("50"))), watching);
    await expect.poll(() => running?.asked.length).toBe(3);
    expect(running?.asked[2]).toContain("resourceVersion=50&");
    expect(running?.told).toEqual(["synced"]);
  });

  it.each([
    ["as an event", end(events(gone))],
    ["as an answer", refusal(410, "too old")],
  ])("lists again when the server has forgotten the version (410 %s), and tells the difference only", async (_, forgotten) => {
    await start(list("1", [pod("a"), pod("b"), pod("c")]), forgotten, list("9", [pod("a"), pod("b", "8"), pod("d", "9")]), watching);
    await expect.poll(() => running?.asked.length).toBe(4);
    expect(running?.told).toEqual(["synced", "1>8 b", "->9 d", "1>- c"]);
  });

  it("does not list in a tight loop when the server always has forgotten where the watch goes on", async () => {
    const forgets: Step = (response, request) => {
      (request.url.includes("watch=1") ? end(events(gone)) : list("1", [pod("a")]))(response, request);
    };
    running = await Running.start([forgets], "", { firstMs: 150, lastMs: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 600));
    // The first two lists come at once, the next one after 75 ms at least, another one after 150 ms, a fifth one after 300 ms.
    expect(running.asked.filter((url) => url.includes("limit=")).length).toBeLessThan(6);
    expect(running.told.slice(0, 2)).toEqual(["synced", "too old resource version"]);
  });

  it("lists in one piece when the pages take too long", async () => {
    await start(list("1", [pod("a")], "more"), refusal(410, "the continue token is too old"), list("2", [pod("b")]), watching);
    await expect.poll(() => running?.told).toEqual(["the continue token is too old", "recovered", "synced"]);
    expect(running?.asked[2]).toBe("/prefix/api/v1/pods?S");
    expect(running?.names).toEqual(["b"]);
  });

  it.each([
    ["500 in a Status", refusal(500, "etcd is away"), "etcd is away"],
    ["403", refusal(403, "pods is forbidden"), "pods is forbidden"],
    ["HTML", bytes("<html>"), "the list cannot be read: "],
    ["half a list", bytes('{"items":[{"metadata":{"name":"a"}},{"meta'), "the list cannot be read: unexpected end of JSON input"],
    ["a list without a version", bytes('{"items":[]}'), "the list of pods has no resourceVersion"],
    ["a closed connection", (response) => response.destroy(), "EOF"],
  ] as [string, Step, string][])("says what is wrong with a first answer (%s) and tries again", async (_, answer, reason) => {
    await start(answer, list("1", [pod("a")]), watching);
    await expect.poll(() => running?.told).toEqual([expect.stringContaining(reason), "recovered", "synced"]);
  });

  it.each([
    ["half an event", bytes('{"type":"MODIFIED","object":{"metadata":{"name":"a",\n'), "an object cannot be read: "],
    ["an unknown event", end(events({ type: "WHAT", object: {} })), 'unknown kind of event in a watch of pods: "WHAT"'],
    ["500 in an event", end(events({ type: "ERROR", object: { code: 500, message: "no" } })), "no"],
    ["an end at once", bytes(""), "the server ended the watch of pods at once"],
    ["500", refusal(500, "etcd is away"), "etcd is away"],
  ] as [string, Step, string][])("keeps what it knows when a watch brings %s", async (_, answer, reason) => {
    await start(list("1", [pod("a")]), answer, events(bookmark("2")));
    await expect.poll(() => running?.told).toEqual(["synced", expect.stringContaining(reason), "recovered"]);
    expect(running?.names).toEqual(["a"]);
    expect(running?.asked.filter((url) => url.includes("watch=1")).length).toBe(2);
  });

  it("waits as long as the server asks for (429)", async () => {
    await start(refusal(429, "too many requests", { "retry-after": "1" }), list("1", []), watching);
    await expect.poll(() => running?.told).toEqual(["too many requests"]);
    const saidAt = performance.now();
    await expect.poll(() => running?.told.at(-1), { timeout: 5000 }).toBe("synced");
    expect(performance.now() - saidAt).toBeGreaterThan(800);
  });

  it("takes a list of 100 MB", { timeout: 60_000 }, async () => {
    const filler = "x".repeat(100_000);
    const count = 1000;
    await start((response) => {
      response.write('{"metadata":{"resourceVersion":"1"},"items":[');
      let sent = 0;
      const more = (): void => {
        while (sent < count) {
          const item = { ...pod(`p${sent}`), filler };
          sent += 1;
          if (!response.write(`${sent === 1 ? "" : ","}${JSON.stringify(item)}`)) return void response.once("drain", more);
        }
        response.end("]}");
      };
      more();
    }, watching);
    await expect.poll(() => running?.told, { timeout: 50_000 }).toEqual(["synced"]);
    expect(running?.names.length).toBe(count);
  });

  it("takes objects that repeat a name or a uid for what they are", async () => {
    await start(list("1", [pod("a"), pod("a", "2"), pod("b")]), watching);
    await expect.poll(() => running?.told).toEqual(["synced"]);
    expect([running?.names, running?.informer.get("ns/a")?.version]).toEqual([["a", "b"], "2"]);
  });

  it("tells someone who listens later what is the case", async () => {
    await start(list("1", [pod("a")]), refusal(500, "away"));
    await expect.poll(() => running?.told.length).toBeGreaterThan(1);
    const told: string[] = [];
    running?.informer.listen({
      changed: () => undefined,
      synced: () => told.push("synced"),
      failed: (error) => told.push(error.message),
      recovered: () => undefined,
    });
    expect(told.slice(0, 2)).toEqual(["synced", "away"]);
  });
});
