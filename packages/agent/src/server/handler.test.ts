import { request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { Logging } from "../log/logging.ts";
import { Secret } from "../schema/secret.ts";
import { AdminServer } from "./admin-server.ts";
import type { AdminBackend } from "./backend.ts";
import type { AdminHandlerOptions } from "./handler.ts";
import { createAdminHandler, normalizePrefix } from "./handler.ts";
import { maxIgnoredBodyBytes } from "./router.ts";

const logLines: string[] = [];
const logging = new Logging({ offer: (line) => logLines.push(line) });

const backend: AdminBackend = {
  unhealthyNames: () => [],
  reload: async () => undefined,
  metrics: () => "# TYPE x gauge\nx 1\n",
  components: (id) => (id === "" ? [{ localID: "a.b" }] : id === "m.i/n.j" ? [] : undefined),
  component: (id) => (id === "a.b" ? { localID: id, padding: "x".repeat(5000) } : undefined),
  componentIdOf: (path) => (path === "a.b" || path.startsWith("a.b/") ? "a.b" : undefined),
  remoteComponents: (id) => (id === "" || id === "m.i" ? [{ localID: `remote ${id}` }] : undefined),
  remoteComponent: (id) => (id === "a.b" ? { localID: `remote ${id}` } : undefined),
  peers: () => [{ name: "host", addr: "127.0.0.1:1", isSelf: true, state: "participant" }],
  liveDebugging: () => false,
  journey: (service) => ({ service }),
  canBeWatched: () => false,
  watchTargets: () => () => {},
  liveDataDropped: () => {},
  meterFlows: () => ({ read: () => [], stop: () => {} }),
};

let server: AdminServer | undefined;
afterEach(() => server?.close());

async function start(changes: Partial<AdminBackend> = {}, options: Partial<AdminHandlerOptions> = {}): Promise<AdminServer> {
  server = await AdminServer.open({ host: "127.0.0.1", port: 0 }, logging.logger);
  const handler = createAdminHandler(
    { ...backend, ...changes },
    { pathPrefix: "/", version: "v1", pprof: true, supportBundle: true, auth: () => undefined, log: logging.logger, ...options },
  );
  server.serve(handler);
  return server;
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** Sends the path as it is, which `fetch` would not. */
function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`http://${server?.address}`, { ...rest, path, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const data = Buffer.concat(chunks);
        const text = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(data) : data;
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text.toString() });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

describe("AdminServer", () => {
  it("answers that it is not ready until there is a handler", async () => {
    server = await AdminServer.open({ host: "127.0.0.1", port: 0 }, logging.logger);
    for (const path of ["/-/ready", "/metrics", "/"])
      expect(await ask(path)).toMatchObject({ status: 503, body: "flameline is not ready.\n" });
  });

  it("says in the words of Go why it cannot listen", async () => {
    const { address } = await start();
    const place = { host: "127.0.0.1", port: Number(address.split(":")[1]) };
    await expect(AdminServer.open(place, logging.logger)).rejects.toThrow(`listen tcp ${address}: bind: address already in use`);
  });

  it("speaks HTTP/2 without TLS on the same port", async () => {
    const { address } = await start();
    const session = connectHttp2(`http://${address}`);
    const stream = session.request({ ":path": "/-/ready" });
    let body = "";
    for await (const chunk of stream) body += String(chunk);
    expect(body).toBe("flameline is ready.\n");
    session.close();
  });
});

describe("createAdminHandler()", () => {
  it.each<[string, number, string]>([
    ["/-/ready", 200, "flameline is ready.\n"],
    ["/-/healthy", 200, "All flameline components are healthy.\n"],
    ["/-/reload", 200, "config reloaded\n"],
    ["/metrics", 200, "# TYPE x gauge\nx 1\n"],
    ["/api/v0/web/components", 200, '[{"localID":"a.b"}]'],
    ["/api/v0/web/components/nope", 404, "404 page not found\n"],
    ["/api/v0/web/modules/m.i/n.j/components", 200, "[]"],
    ["/api/v0/web/modules/m.i%2Fn.j/components", 200, "[]"],
    ["/api/v0/web/modules/nope/components", 500, "module not found\n"],
    ["/api/v0/web/peers", 200, '[{"name":"host","addr":"127.0.0.1:1","isSelf":true,"state":"participant"}]'],
    ["/api/v0/web/remotecfg/components", 200, '[{"localID":"remote "}]'],
    ["/api/v0/web/remotecfg/components/a.b", 200, '{"localID":"remote a.b"}'],
    ["/api/v0/web/remotecfg/components/remotecfg/a.b", 200, '{"localID":"remote a.b"}'],
    ["/api/v0/web/remotecfg/components/x", 404, "404 page not found\n"],
    ["/api/v0/web/remotecfg/modules/remotecfg/m.i/components", 200, '[{"localID":"remote m.i"}]'],
    ["/api/v0/web/remotecfg/modules/x/components", 500, "module not found\n"],
    ["/api/v0/web/debug/a.b", 500, "the live debugging service is disabled. Check the documentation to find out how to enable it\n"],
    ["/api/v0/component/a.b/metrics", 404, ""],
    ["/api/v0/component/x", 400, 'failed to parse URL path "/api/v0/component/x": invalid path\n'],
    ["/api/v0/component/", 400, 'failed to parse URL path "/api/v0/component/": invalid path\n'],
    ["/api/v1/ckit/transport/message", 404, "clustering is disabled\n"],
    ["/-/support?duration=0", 400, "duration value (in seconds) should be larger than 1\n"],
    ["/-/support?duration=31", 400, "duration value exceeds the server's write timeout\n"],
    ["/-/support?duration=x", 400, 'duration value (in seconds) should be a positive integer: strconv.Atoi: parsing "x": invalid syntax\n'],
    ["/api/v0/nope", 404, "404 page not found\n"],
    ["/%zz", 400, "400 Bad Request"],
  ])("answers %s with %d", async (path, status, body) => {
    await start();
    expect(await ask(path)).toMatchObject({ status, body });
  });

  it("redirects unclean paths, query included", async () => {
    await start();
    for (const [path, location] of [
      ["/api/v0/web/modules//components?a=b", "/api/v0/web/modules/components?a=b"],
      ["/-/../metrics", "/metrics"],
      ["/./-//ready/", "/-/ready/"],
    ] as const) {
      expect(await ask(path)).toMatchObject({ status: 301, headers: { location }, body: "" });
    }
  });

  it("tells which components are unhealthy", async () => {
    await start({ unhealthyNames: () => ["pyroscope.scrape", "pyroscope.write"] });
    expect(await ask("/-/healthy")).toMatchObject({ status: 500, body: "unhealthy components: pyroscope.scrape, pyroscope.write\n" });
  });

  it("tells why a reload failed, and takes no other methods for it", async () => {
    await start({ reload: async () => "the reason" });
    expect(await ask("/-/reload", { method: "POST" })).toMatchObject({
      status: 400,
      body: "the reason\n",
      headers: { "x-content-type-options": "nosniff" },
    });
    expect(await ask("/-/reload", { method: "PUT" })).toMatchObject({ status: 404 });
  });

  it("sends no body for HEAD", async () => {
    await start();
    expect(await ask("/-/ready", { method: "HEAD" })).toMatchObject({ status: 200, body: "", headers: { "content-length": "20" } });
  });

  it("compresses what is worth it for those who take it", async () => {
    await start();
    const path = "/api/v0/web/components/a.b";
    const plain = await ask(path);
    expect(plain.headers).toMatchObject({ vary: "Accept-Encoding", "content-type": "text/plain; charset=utf-8" });
    const small = await ask(path, { headers: { "accept-encoding": "br, gzip" } });
    expect(small.headers).toMatchObject({ "content-encoding": "gzip" });
    expect(small.body).toBe(plain.body);
    expect((await ask(path, { headers: { "accept-encoding": "gzip;q=0" } })).headers).not.toHaveProperty("content-encoding");
  });

  it("serves pages and their API below the prefix, everything else where it always is", async () => {
    await start({}, { pathPrefix: "/profiles" });
    expect(await ask("/profiles")).toMatchObject({ status: 302, headers: { location: "/profiles/" } });
    expect((await ask("/profiles/")).body).toContain('href="/profiles/api/v0/web/components"');
    expect(await ask("/profiles/api/v0/web/components")).toMatchObject({ status: 200 });
    for (const path of ["/-/ready", "/metrics", "/debug/pprof/"]) expect(await ask(path)).toMatchObject({ status: 200 });
    expect(await ask("/api/v0/web/components")).toMatchObject({ status: 404 });
  });

  it("serves profiles of the process unless that is switched off", async () => {
    await start();
    expect((await ask("/debug/pprof/cmdline")).body).toContain(process.argv[1]);
    await server?.close();
    await start({}, { pprof: false, supportBundle: false });
    expect(await ask("/debug/pprof/cmdline")).toMatchObject({ status: 404 });
    expect(await ask("/-/support")).toMatchObject({ status: 403 });
  });

  it("answers 500 to a bug and goes on", async () => {
    const failing = (): never => {
      throw new Error("a bug");
    };
    await start({ metrics: failing });
    logging.configure({ level: "error", format: "logfmt" });
    expect(await ask("/metrics")).toMatchObject({ status: 500, body: "internal error\n" });
    expect(logLines.at(-1)).toContain('msg="a request failed" method=GET path=/metrics err="a bug"');
    expect(await ask("/-/ready")).toMatchObject({ status: 200 });
  });

  it("does not read bodies without end", async () => {
    await start();
    expect(await ask("/-/reload", { method: "POST", body: "x".repeat(1000) })).toMatchObject({ status: 200 });
    const [host = "", port = ""] = server?.address.split(":") ?? [];
    const socket = connectTcp(Number(port), host);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    socket.write(`POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: ${maxIgnoredBodyBytes * 100}\r\n\r\n`);
    const feed = setInterval(() => socket.write("x".repeat(maxIgnoredBodyBytes)), 10);
    await closed;
    clearInterval(feed);
  });
});

describe("authentication", () => {
  const basic = { username: "user", password: new Secret("pass:word") };
  const header = (text: string): { headers: Record<string, string> } => ({
    headers: { authorization: `Basic ${Buffer.from(text).toString("base64")}` },
  });
  const filter =
    (paths: readonly string[], matching = true): AdminHandlerOptions["auth"] =>
    () => ({
      basic,
      filter: { paths, authenticate_matching_paths: matching },
    });

  it("covers everything without a filter", async () => {
    await start({}, { auth: () => ({ basic, filter: undefined }) });
    for (const path of ["/", "/-/ready", "/metrics", "/nope", "/debug/pprof/"]) {
      expect(await ask(path)).toMatchObject({ status: 401, body: "", headers: { "www-authenticate": 'Basic realm="Restricted"' } });
    }
    expect(await ask("/-/ready", header("user:pass:word"))).toMatchObject({ status: 200 });
    for (const wrong of ["user:pass", "User:pass:word", "user", ""])
      expect(await ask("/-/ready", header(wrong))).toMatchObject({ status: 401 });
    expect(await ask("/-/ready", { headers: { authorization: "Bearer x" } })).toMatchObject({ status: 401 });
  });

  it.each<[string, AdminHandlerOptions["auth"], string[], string[]]>([
    [
      "these paths",
      filter(["/metrics", "/debug"]),
      ["/metrics", "/debug/pprof/", "/%6detrics", "/-/../metrics", "//metrics"],
      ["/-/ready", "/"],
    ],
    ["all other paths", filter(["/-/"], false), ["/metrics", "/", "/-/../metrics"], ["/-/ready"]],
    ["everything with an empty list", filter([]), ["/metrics", "/-/ready"], []],
    ["nothing without basic", () => ({ basic: undefined, filter: undefined }), [], ["/metrics", "/-/ready"]],
  ])("covers %s", async (_, auth, closed, open) => {
    await start({}, { auth });
    for (const path of closed) expect((await ask(path)).status, path).toBe(401);
    for (const path of open) expect((await ask(path)).status, path).toBe(200);
  });
});

it("normalizePrefix() puts one slash at both ends", () => {
  for (const [given, normal] of [
    ["", "/"],
    ["/", "/"],
    ["a", "/a/"],
    ["/a/b/", "/a/b/"],
    ["//a", "/a/"],
  ] as const) {
    expect(normalizePrefix(given)).toBe(normal);
  }
});
