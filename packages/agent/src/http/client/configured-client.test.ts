import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientArguments } from "../testing/arguments.ts";
import { Origin } from "../testing/origin.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "./http-client.ts";
import { createHttpClient } from "./http-client.ts";

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

function client(config = ""): HttpClient {
  const made = createHttpClient(clientArguments(config), { name: "", userAgent: "flameline/1" });
  stack.defer(() => made.close());
  return made;
}

const get = (made: HttpClient, url: string, more: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
  made.send({ method: "GET", url, headers: [], ...more });

describe("HttpClient.close()", () => {
  /** A server that takes connections and never says a word. */
  async function silentPort(): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => {}).resume());
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    stack.defer(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  it("does not wait for a connection that is being opened for nobody", async () => {
    const port = await silentPort();
    const cases = [
      ["", `https://127.0.0.1:${port}/`],
      [`proxy_url = "http://127.0.0.1:${port}"`, "https://upstream.invalid/"],
      [`proxy_url = "socks5://127.0.0.1:${port}"`, "http://upstream.invalid/"],
    ] as const;
    for (const [config, url] of cases) {
      const made = client(config);
      await expect(get(made, url, { timeoutMs: 100 })).rejects.toMatchObject({ code: "timeout" });
      const closed = made.close().then(() => "closed");
      expect(await Promise.race([closed, delay(2000, "open")])).toBe("closed");
    }
  });

  it("lets a request in progress follow its redirect, and takes no new one", async () => {
    const server = stack.use(
      await Origin.start((request, response) => {
        if (request.url === "/end") response.end("there");
        else setTimeout(() => response.writeHead(302, { location: "/end" }).end(), 50);
      }),
    );
    const made = client();
    const answer = get(made, server.url);
    await made.close();
    expect(Buffer.from((await answer).body).toString()).toBe("there");
    await expect(get(made, server.url)).rejects.toMatchObject({ code: "canceled" });
    expect(server.requests.length).toBe(2);
  });
});

describe("HttpClient.send()", () => {
  it("hears of credentials that cannot be had after it was given up", async () => {
    const unheard: unknown[] = [];
    const note = (reason: unknown): unknown => unheard.push(reason);
    process.on("unhandledRejection", note);
    stack.defer(() => void process.off("unhandledRejection", note));
    const made = client('basic_auth {\n username = "u"\n password_file = "/nonexistent/secret"\n}');
    await expect(get(made, "http://127.0.0.1:1", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "canceled" });
    await delay(50);
    expect(unheard).toEqual([]);
  });
});
