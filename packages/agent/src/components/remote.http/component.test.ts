import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Nginx } from "../../../../../tests/support/nginx.ts";
import { findPart } from "../../../../../tests/support/real-parts.ts";
import { ScratchFolder } from "../../../../../tests/support/real-process.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { TestCertificates } from "../../http/testing/certificates.ts";
import { type Answer, Origin } from "../../http/testing/origin.ts";
import type { OptionalSecret } from "../../schema/index.ts";
import { TestProgram } from "../../runtime/testing/test-program.ts";
import { decodeText } from "../../schema/testing/configuration.ts";
import { remoteHttp } from "./component.ts";

const content = ({ exports }: RunningComponent): string => (exports as { readonly content: OptionalSecret }).content.reveal();
const start = (origin: Origin, more = "") => RunningComponent.start(remoteHttp, `url = "${origin.url}/x"\n${more}`);
const text =
  (body: string): Answer =>
  (_, response) =>
    response.end(body);

describe("remote.http", () => {
  it("exports the trimmed content while it is built", async () => {
    await using origin = await Origin.start(text("  \n content é\n"));
    await using running = await start(origin, "is_secret = true");
    expect(content(running)).toBe("content é");
    expect(running.exports).toMatchObject({ content: { isSecret: true } });
    expect(running.health).toMatchObject({ state: "healthy", message: "polled endpoint" });
    expect(origin.requests[0]).toMatchObject({
      method: "GET",
      url: "/x",
      body: "",
      headers: { "user-agent": "Flameline/v0.0.0 (linux; binary)" },
    });
  });

  it("sends method, headers and body as configured", async () => {
    await using origin = await Origin.start(text("ok"));
    const request = 'method = "PATCH"\nbody = "é"\nheaders = {"X-A" = "1", "User-Agent" = "mine"}\nclient {\n  bearer_token = "t"\n}';
    await using _ = await start(origin, request);
    expect(origin.requests[0]).toMatchObject({
      method: "PATCH",
      body: "é",
      headers: { "x-a": "1", "user-agent": "mine", authorization: "Bearer t" },
    });
  });

  it("follows the content, and keeps it while the server fails", async () => {
    let answer = text("one");
    await using origin = await Origin.start((request, response) => answer(request, response));
    await using running = await start(origin, 'poll_frequency = "60ms"\npoll_timeout = "50ms"');
    answer = text("two");
    await expect.poll(() => content(running)).toBe("two");
    answer = (_, response) => response.writeHead(503).end("down");
    await expect
      .poll(() => running.health)
      .toMatchObject({
        state: "unhealthy",
        message: "polling failed: unexpected status code 503 Service Unavailable",
      });
    answer = () => undefined;
    await expect.poll(() => running.health?.message).toMatch(/^polling failed: performing request: Get ".*": context deadline exceeded/);
    expect(content(running)).toBe("two");
    answer = text("three");
    await expect.poll(() => content(running)).toBe("three");
    expect(running.health).toMatchObject({ state: "healthy" });
  });

  it("asks the new URL at once after a change, and goes on as before when that does not answer", async () => {
    let answer = "one";
    await using origin = await Origin.start(({ url }, response) =>
      url === "/bad" ? response.writeHead(404).end() : response.end(answer + url),
    );
    await using running = await start(origin, 'poll_frequency = "60ms"\npoll_timeout = "50ms"');
    await running.update(`url = "${origin.url}/y"`);
    expect(content(running)).toBe("one/y");
    await expect(running.update(`url = "${origin.url}/bad"`)).rejects.toThrow("unexpected status code 404 Not Found");
    expect(content(running)).toBe("one/y");
    await running.update(`url = "${origin.url}/z"\npoll_frequency = "60ms"\npoll_timeout = "50ms"`);
    answer = "two";
    await expect.poll(() => content(running)).toBe("two/z");
  });

  it("goes back to what it had when a configuration is refused, also when its URL does not answer any more", async () => {
    let broken = false;
    await using origin = await Origin.start(({ url }, response) =>
      broken && url === "/x" ? response.writeHead(500).end() : response.end(url),
    );
    const args = (path: string): never => decodeText(remoteHttp.arguments, `url = "${origin.url}${path}"`) as never;
    const contents: unknown[] = [];
    const program = new TestProgram();
    const { log, componentServices: services } = program.options;
    const setExports = (exports: unknown): void => void contents.push((exports as { content: OptionalSecret }).content.reveal());
    const metrics = program.options.metrics.scope({});
    const [before, other] = [args("/x"), args("/y")];
    const instance = await remoteHttp.build({ id: "remote.http.a", dataPath: "", log, metrics, services, setExports }, before);
    await instance.update?.(other);
    broken = true;
    await instance.update?.(before);
    expect(contents).toEqual(["/x", "/y", "/x"]);
    expect(instance.health?.()).toMatchObject({
      state: "unhealthy",
      message: "polling failed: unexpected status code 500 Internal Server Error",
    });
    await expect(Promise.resolve(instance.update?.(args("/x")))).rejects.toThrow("unexpected status code 500");
    await instance.discard?.();
  });

  it.each<[string, Answer, RegExp]>([
    ["any other status", (_, response) => response.writeHead(204).end(), /^unexpected status code 204 No Content$/],
    [
      "half an answer",
      (_, response) => void response.writeHead(200, { "content-length": 10 }).write("x", () => response.destroy()),
      /^reading response: /,
    ],
    [
      "a huge answer",
      (_, response) => response.writeHead(200, { "content-length": 100 << 20 }).write("x"),
      /^reading response: .*larger than 16777216 bytes/,
    ],
  ])("is not built after %s", async (_, answer, problem) => {
    await using origin = await Origin.start(answer);
    await expect(start(origin)).rejects.toThrow(problem);
  });

  it("is not built when nobody listens", async () => {
    await expect(RunningComponent.start(remoteHttp, 'url = "http://127.0.0.1:1/x"')).rejects.toThrow(
      'performing request: Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
    );
  });

  it.each([
    ['poll_frequency = "0s"', "poll_frequency must be greater than 0"],
    ['poll_timeout = "0s"', "poll_timeout must be greater than 0"],
    ['poll_timeout = "1m"', "poll_timeout must be less than poll_frequency"],
    ['method = "G T"', 'net/http: invalid method "G T"'],
    ['client {\n  bearer_token = "a"\n  basic_auth {\n  }\n}', "at most one of basic_auth"],
  ])("refuses %j", async (body, problem) => {
    await expect(RunningComponent.start(remoteHttp, `url = "http://127.0.0.1:1"\n${body}`)).rejects.toThrow(problem);
  });

  it("refuses a URL that is none", async () => {
    await expect(RunningComponent.start(remoteHttp, 'url = "://x"')).rejects.toThrow('parse "://x": missing protocol scheme');
  });
});

describe.skipIf(findPart("nginx") === undefined || !TestCertificates.available)("remote.http (needs nginx and openssl)", () => {
  it("reads a file behind TLS, a client certificate and a password", async () => {
    using certificates = new TestCertificates();
    const server = certificates.signed("server");
    const client = certificates.signed("client");
    using files = new ScratchFolder();
    writeFileSync(join(files.path, "users"), "user:{PLAIN}password\n");
    writeFileSync(join(files.path, "secret"), "hidden\n");
    await using nginx = await Nginx.start(
      "ssl http2",
      `root ${files.path};
      ssl_certificate ${server.certFile};
      ssl_certificate_key ${server.keyFile};
      ssl_client_certificate ${certificates.authority.certFile};
      ssl_verify_client on;
      auth_basic realm;
      auth_basic_user_file ${files.path}/users;`,
    );
    const settings = (password: string): string => `
      url = "https://localhost:${nginx.port}/secret"
      is_secret = true
      client {
        basic_auth {
          username = "user"
          password = "${password}"
        }
        tls_config {
          ca_file = "${certificates.authority.certFile}"
          cert_file = "${client.certFile}"
          key_file = "${client.keyFile}"
        }
      }`;
    await using running = await RunningComponent.start(remoteHttp, settings("password"));
    expect(content(running)).toBe("hidden");
    await expect(running.update(settings("wrong"))).rejects.toThrow("unexpected status code 401 Unauthorized");
  });
});
