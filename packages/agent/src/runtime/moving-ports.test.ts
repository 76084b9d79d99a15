import { get } from "node:http";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pyroscopeReceiveHttp } from "../components/pyroscope.receive_http/component.ts";
import type { Runtime } from "./runtime.ts";
import { Probes } from "./testing/probe.ts";
import { TestProgram } from "./testing/test-program.ts";
import { sourcesOf } from "./testing/toy-components.ts";

async function takePort(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { port: (server.address() as AddressInfo).port, server };
}

/** Ports that nobody listens at. */
async function freePorts(): Promise<readonly [number, number, number]> {
  const taken = [await takePort(), await takePort(), await takePort()] as const;
  for (const { server } of taken) server.close();
  return [taken[0].port, taken[1].port, taken[2].port];
}

/** On a connection of its own; undefined when nobody answers. */
function statusAt(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, agent: false }, (response) => resolve(response.resume().statusCode));
    request.on("error", () => resolve(undefined));
  });
}

describe("A reload that moves receivers to each other's ports", () => {
  const { ownAddresses } = new TestProgram().options.componentServices;
  let runtime: Runtime;
  let stop: () => Promise<void>;
  let load: (text: string) => Promise<string>;
  beforeEach(() => {
    const program = new TestProgram({ components: new Map([...sourcesOf([pyroscopeReceiveHttp]), ...new Probes().sources]) });
    runtime = program.runtime;
    // The probe is there from the start.
    load = async (text) => (await program.diagnose(text.includes("test.probe") ? text : text + quiet)).map(({ message }) => message).join();
    program.start();
    stop = () => program.stop();
  });
  afterEach(() => stop());

  const receivers = (ports: Readonly<Record<string, number>>, more = ""): string =>
    Object.entries(ports)
      .map(([label, port]) => `pyroscope.receive_http "${label}" {\n forward_to = []\n http {\n ${listen(port)}\n }\n}\n`)
      .join("") + more;
  const listen = (port: number): string => `listen_address = "127.0.0.1"\n listen_port = ${port}`;
  /** The labels of those that listen at these ports, in the order of the ports; `-` for nobody. */
  const listeners = async (...ports: readonly number[]): Promise<string> =>
    (await Promise.all(ports.map(listener))).map((id) => id.replace("pyroscope.receive_http.", "")).join("");
  const listener = async (port: number): Promise<string> => {
    const owners = ownAddresses.receiversAt(port).join();
    const status = await statusAt(port);
    return status === 404 ? owners : owners + (status ?? "-");
  };
  const health = (): readonly unknown[] =>
    ["a", "b", "c"].flatMap((label) => runtime.inspect.component(`pyroscope.receive_http.${label}`)?.health.state ?? []);
  const quiet = 'test.probe "a" { }\n';
  /** Its update fails, when the receivers have moved. */
  const late = 'test.probe "a" {\n refuse = "late"\n}\n';

  it.each(["ab", "ba"])("lets one have the port that another leaves (%s)", async ([first = "", second = ""]) => {
    const [x, y, z] = await freePorts();
    expect(await load(receivers({ [first]: x, [second]: y }))).toBe("");
    expect(await load(receivers({ [first]: y, [second]: z }))).toBe("");
    expect(await listeners(x, y, z)).toBe(`-${first}${second}`);
    // What is late in the same reload fails: everything goes back.
    expect(await load(receivers({ [first]: z, [second]: x }, late))).toContain("late");
    expect(await listeners(x, y, z)).toBe(`-${first}${second}`);
    expect(health()).toEqual(["healthy", "healthy"]);
  });

  it("lets them exchange their ports, and takes it back when something else fails", async () => {
    const [x, y, z] = await freePorts();
    expect(await load(receivers({ a: x, b: y, c: z }))).toBe("");
    expect(await load(receivers({ a: y, b: x, c: z }))).toBe("");
    expect(await listeners(x, y, z)).toBe("bac");
    expect(await load(receivers({ a: z, b: y, c: x }))).toBe("");
    expect(await listeners(x, y, z)).toBe("cba");
    for (const labels of ["abc", "acb", "bac", "bca"]) {
      const [first = "", second = "", third = ""] = labels;
      expect(await load(receivers({ [first]: x, [second]: y, [third]: z }, late)), labels).toContain("late");
      expect(await listeners(x, y, z), labels).toBe("cba");
    }
    expect(health()).toEqual(["healthy", "healthy", "healthy"]);
    expect(await load(receivers({ a: x, b: y, c: z }))).toBe("");
    expect(await listeners(x, y, z)).toBe("abc");
  });

  it("gives a new one the port that another leaves, and takes it back", async () => {
    const [x, y, z] = await freePorts();
    expect(await load(receivers({ b: x }))).toBe("");
    expect(await load(receivers({ a: x, b: y }, late))).toContain("late");
    expect(await listeners(x, y)).toBe("b-");
    expect(await load(receivers({ a: x, b: y }))).toBe("");
    expect(await load(receivers({ b: z, c: y, a: x }))).toBe("");
    expect(await listeners(x, y, z)).toBe("acb");
  });

  it("gives the port of a removed one to one that stays, and takes it back", async () => {
    const [x, y] = await freePorts();
    expect(await load(receivers({ a: x, b: y }))).toBe("");
    expect(await load(receivers({ a: y }, late))).toContain("late");
    expect(await listeners(x, y)).toBe("ab");
    expect(await load(receivers({ a: y }))).toBe("");
    expect(await listeners(x, y)).toBe("-a");
    expect(health()).toEqual(["healthy"]);
  });

  it("refuses a port that stays another's, or a foreign one, and changes nothing", async () => {
    const [x, y, z] = await freePorts();
    expect(await load(receivers({ a: x, b: y }))).toBe("");
    expect(await load(receivers({ a: y, b: y }))).toContain(
      `listen tcp 127.0.0.1:${y}: bind: address already in use (by pyroscope.receive_http.b)`,
    );
    expect(await load(receivers({ a: z, b: y, c: y }))).toContain("address already in use");
    const { port, server } = await takePort();
    expect(await load(receivers({ a: y, b: port }))).toContain(`listen tcp 127.0.0.1:${port}: bind: address already in use`);
    server.close();
    expect(await listeners(x, y, z)).toBe("ab-");
    // The one that could not take its new configuration says so.
    expect(health()).toEqual(["healthy", "unhealthy"]);
  });
});
