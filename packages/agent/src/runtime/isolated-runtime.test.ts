import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { pyroscopeReceiveHttp } from "../components/pyroscope.receive_http/component.ts";
import { IsolatedRuntime } from "./runtime.ts";
import { TestProgram } from "./testing/test-program.ts";
import { sourcesOf } from "./testing/toy-components.ts";

let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("IsolatedRuntime", () => {
  it("gives the port of a removed receiver to a new one, and to nobody else", async () => {
    const port = await freePort();
    const receiver = (label: string): string =>
      `pyroscope.receive_http "${label}" {\n forward_to = []\n http {\n listen_address = "127.0.0.1"\n listen_port = ${port}\n }\n}\n`;
    const program = new TestProgram({ components: sourcesOf([pyroscopeReceiveHttp]) });
    const runtime = new IsolatedRuntime("remotecfg", program.options);
    const abort = new AbortController();
    const load = async (text: string): Promise<string> => (await runtime.loadText(text)).map(({ message }) => message).join();
    expect(await load(receiver("a"))).toBe("");
    const done = runtime.run(abort.signal);
    stop = async () => {
      abort.abort();
      await done;
    };
    expect(await load(receiver("a") + receiver("b"))).toContain("address already in use");
    expect(await load(receiver("b"))).toBe("");
    expect(runtime.inspect.component("pyroscope.receive_http.b")).toMatchObject({ health: { state: "healthy" } });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect(await load(`declare "m" {\n${receiver("c")}}\nm "i" { }\n`)).toBe("");
    const healthOf = (label: string): unknown => runtime.inspect.component(`m.i/pyroscope.receive_http.${label}`)?.health.state;
    await expect.poll(() => healthOf("c"), { timeout: 15_000 }).toBe("healthy");
    expect(await load(`declare "m" {\n${receiver("c")}${receiver("d")}}\nm "i" { }\n`)).toContain("address already in use");
    expect(await load(`declare "m" {\n${receiver("d")}}\nm "i" { }\n`)).toBe("");
    await expect.poll(() => healthOf("d"), { timeout: 15_000 }).toBe("healthy");
  });
});
