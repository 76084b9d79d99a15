/** `pyroscope.write` to a server behind nginx as it is usually set up: logins, limits, redirects, and a backend that comes and goes. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collector, freePort } from "../support/flameline.ts";
import { Nginx } from "../support/nginx.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { connectOverHttp1 } from "../support/push-clients.ts";
import { missingParts } from "../support/real-parts.ts";
import { ScratchFolder } from "../support/real-process.ts";
import { ingest, samplePprof, samplePush } from "../support/sample-pushes.ts";
import { Sink } from "../support/sink.ts";

const pushPath = "/push.v1.PusherService/Push";

describe.skipIf(missingParts("nginx", "openssl").length > 0)("pyroscope.write to a server behind nginx (needs nginx and openssl)", () => {
  let stack: AsyncDisposableStack;
  let sink: Sink;
  let folder: string;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    sink = stack.use(await Sink.listen());
    folder = stack.use(new ScratchFolder()).path;
  });

  afterEach(() => stack.disposeAsync());

  const nginx = async (server: string, http = ""): Promise<Nginx> => stack.use(await Nginx.start("", server, http));

  interface Running {
    readonly collector: Collector;
    readonly port: number;
  }

  async function collector(url: string, { endpoint = "", attempts = 1, queue = false } = {}): Promise<Running> {
    const port = await freePort();
    const waits = 'min_backoff_period = "50ms"\nmax_backoff_period = "200ms"';
    const blocks = { endpoint: `max_backoff_retries = ${attempts}\n${waits}\n${endpoint}` };
    return { collector: stack.use(await Collector.start({ config: receiveAndWrite(port, url, "", blocks), queue })), port };
  }

  /** Pushes two series by the Connect protocol; rejects with the code that the pusher is told. */
  const push = ({ port }: Running): Promise<void> => connectOverHttp1(`http://127.0.0.1:${port}`)(samplePush());

  function passwords(user: string, password: string): void {
    const hash = execFileSync("openssl", ["passwd", "-apr1", password], { encoding: "utf8" }).trim();
    writeFileSync(join(folder, "passwords"), `${user}:${hash}\n`, { mode: 0o644 });
  }

  it("shows logins as configured, and takes a changed password from its file", async () => {
    passwords("writer", "p@ss: 1");
    const front = await nginx(`location / {
      auth_basic           "profiles";
      auth_basic_user_file ${folder}/passwords;
      proxy_pass           ${sink.url};
    }`);
    const url = `http://127.0.0.1:${front.port}`;
    const file = join(folder, "password");
    writeFileSync(file, "wrong\n");
    const changing = await collector(url, { endpoint: `basic_auth {\nusername = "writer"\npassword_file = "${file}"\n}` });
    expect(await ingest(changing.port, "app{}")).toEqual({ status: 401, text: "Unauthorized" });
    await expect(push(changing)).rejects.toMatchObject({ code: Code.Unauthenticated });
    writeFileSync(file, "p@ss: 1\n");
    expect((await ingest(changing.port, "app{}")).status).toBe(200);

    const inline = await collector(url, { endpoint: 'basic_auth {\nusername = "writer"\npassword = "p@ss: 1"\n}' });
    await push(inline);
    const header = `headers = {"Authorization" = "Basic ${btoa("writer:p@ss: 1")}"}`;
    await push(await collector(url, { endpoint: header }));
    await push(await collector(`http://writer:${encodeURIComponent("p@ss: 1")}@127.0.0.1:${front.port}`));
    expect(sink.requests).toHaveLength(1 + 3 * 2);
  });

  it("gives up what is too large for nginx, and delivers the rest", async () => {
    const front = await nginx(`client_max_body_size 2k; location / { proxy_pass ${sink.url}; }`);
    const running = await collector(`http://127.0.0.1:${front.port}`, { attempts: 0 });
    expect(await ingest(running.port, "app{}", Buffer.alloc(3000))).toEqual({ status: 413, text: "Request Entity Too Large" });
    const [first] = samplePush().series;
    const large = { series: [{ labels: first?.labels ?? [], samples: [{ ID: "large", rawProfile: Buffer.alloc(3000) }] }] };
    await expect(connectOverHttp1(`http://127.0.0.1:${running.port}`)(large)).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(sink.requests).toHaveLength(0);
    await push(running);
    expect(sink.requests).toHaveLength(2);
  });

  it("waits as long as a server that gets too many says", async () => {
    const front = await nginx(
      `limit_req        zone=profiles;
      limit_req_status 429;
      error_page 429   @later;
      location @later { add_header Retry-After 2 always; return 429; }
      location /       { proxy_pass ${sink.url}; }`,
      "limit_req_zone $binary_remote_addr zone=profiles:1m rate=1r/s;",
    );
    const url = `http://127.0.0.1:${front.port}`;
    const hasty = await collector(url, { attempts: 2, endpoint: "retry_on_http_429 = false" });
    const patient = await collector(url, { attempts: 2 });
    expect((await ingest(patient.port, "app{}")).status).toBe(200);
    const started = Date.now();
    expect((await ingest(patient.port, "app{}")).status).toBe(200);
    expect(Date.now() - started).toBeGreaterThan(1900);
    expect(await ingest(hasty.port, "app{}")).toEqual({ status: 429, text: "Too Many Requests" });
  });

  it("repeats the profile where a redirect keeps it, and counts one that loses it as a failure", async () => {
    const front = await nginx(`
      location ~ ^/kept(/.*)$ { return 308 $1$is_args$args; }
      location /lost/  { return 301 /; }
      location /       { proxy_pass ${sink.url}; }`);
    const url = `http://127.0.0.1:${front.port}`;
    const kept = await collector(`${url}/kept`);
    expect((await ingest(kept.port, "app{}")).status).toBe(200);
    await push(kept);
    expect(sink.requests.map(({ url: { pathname } }) => pathname)).toEqual(["/ingest", pushPath, pushPath]);
    expect(sink.requests[0]?.body.equals(samplePprof)).toBe(true);
    const lost = await collector(`${url}/lost`);
    expect((await ingest(lost.port, "app{}")).status).toBe(301);
    await expect(push(lost)).rejects.toMatchObject({ code: Code.Internal });
    const staying = await collector(`${url}/kept`, { endpoint: "follow_redirects = false" });
    expect((await ingest(staying.port, "app{}")).status).toBe(308);
    expect(sink.requests).toHaveLength(3);
  });

  it("delivers everything although nginx closes connections and reads its files again", { timeout: 30_000 }, async () => {
    const front = await nginx(`keepalive_requests 3; keepalive_timeout 50ms; location / { proxy_pass ${sink.url}; }`);
    const running = await collector(`http://127.0.0.1:${front.port}`, { attempts: 5 });
    const told: Promise<{ readonly status: number }>[] = [];
    for (let index = 0; index < 60; index += 1) {
      told.push(ingest(running.port, `app${index}`));
      if (index === 30) front.reload();
      // Near the limit of nginx, so that some requests meet a connection that is being closed.
      await sleep(45 + (index % 10));
    }
    expect((await Promise.all(told)).filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(sink.requests.map(({ url }) => url.searchParams.get("name"))).size).toBe(60);
  });

  it.each([true, false])("keeps profiles while nginx answers for a server that is away (queue: %s)", { timeout: 30_000 }, async (queue) => {
    const port = await freePort();
    const front = await nginx(`location / { proxy_pass http://127.0.0.1:${port}; }`);
    const running = await collector(`http://127.0.0.1:${front.port}`, { attempts: 0, queue });
    const told = Promise.all([push(running), ...["a", "b", "c"].map((app) => ingest(running.port, app))]);
    const retries = async (): Promise<number> =>
      Number(/^pyroscope_write_retries_total\{.*\} (\d+)$/m.exec(await running.collector.text("/metrics"))?.[1]);
    await expect.poll(retries, { timeout: 10_000 }).toBeGreaterThan(5);
    expect(front.log).toContain("Connection refused");
    const server = stack.use(await Sink.listen(port));
    await told;
    const apps = (): readonly string[] =>
      server.requests
        .map(({ url }) => (url.pathname === pushPath ? "push" : (url.searchParams.get("name") ?? "").replace(/\{.*/, "")))
        .sort();
    await expect.poll(apps, { timeout: 10_000 }).toEqual(["a", "b", "c", "push", "push"]);
  });
});
