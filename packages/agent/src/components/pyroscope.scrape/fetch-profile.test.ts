import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { httpClientFields } from "../../http/client/arguments.ts";
import { createHttpClient } from "../../http/client/http-client.ts";
import { defaultArguments, defineBlock } from "../../schema/index.ts";
import { createFetchProfile, type Fetched } from "./fetch-profile.ts";
import { defaultScrapeLimits, type ScrapeLimits } from "./scrape-limits.ts";
import { answerPprof, TargetServer } from "./testing/target-server.ts";

const client = createHttpClient(defaultArguments(defineBlock({ fields: httpClientFields })), { name: "test", userAgent: "Test/1" });
const never = new AbortController().signal;

function fetchFrom(server: TargetServer, changes: Partial<ScrapeLimits> = {}, signal = never): Promise<Fetched> {
  const fetch = createFetchProfile(() => client, { ...defaultScrapeLimits, ...changes });
  const labels = Labels.of({ __name__: "cust", __address__: server.address });
  return fetch({ key: "", url: `http://${server.address}/`, labels, cumulative: false, timeoutMs: 300 }, signal);
}

describe("createFetchProfile()", () => {
  it("gives up an answer that is too large", async () => {
    await using server = await TargetServer.listen((_, response) => answerPprof(response, new Uint8Array(3000)));
    expect(await fetchFrom(server, { maxAnswerBytes: 2000 })).toEqual({
      failure: { reason: "too_large", message: "failed to read body: larger than 2000 bytes" },
    });
  });

  it("gives up an answer that does not come", async () => {
    await using server = await TargetServer.listen(() => {});
    expect(await fetchFrom(server)).toEqual({ failure: { reason: "timeout", message: "context deadline exceeded" } });
  });

  it.each([
    ["does not end", "timeout", "context deadline exceeded", (): void => {}],
    ["breaks off", "network", "unexpected EOF", (response: { destroy(): void }): void => response.destroy()],
  ])("gives up an answer that %s", async (_, reason, text, end) => {
    await using server = await TargetServer.listen((__, response) => {
      response.setHeader("Content-Length", 100);
      response.write("abc");
      setTimeout(end, 50, response);
    });
    expect(await fetchFrom(server)).toEqual({ failure: { reason, message: `failed to read body: ${text}` } });
  });

  it("says when the connection breaks", async () => {
    await using server = await TargetServer.listen((_, response) => response.destroy());
    expect(await fetchFrom(server)).toMatchObject({ failure: { reason: "network", message: `Get "http://${server.address}/": EOF` } });
  });

  it("ends when it is told to", async () => {
    await using server = await TargetServer.listen(() => {});
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const started = performance.now();
    expect(await fetchFrom(server, {}, stop.signal)).toMatchObject({ failure: { reason: "network" } });
    expect(performance.now() - started).toBeLessThan(250);
  });
});
