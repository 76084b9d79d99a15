import { describe, expect, it } from "vitest";
import type { DebugInfoClient } from "../../component/debug-info-client.ts";
import type { ProfileReceiver } from "../../component/receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeWrite } from "./component.ts";
import { ProfileSink } from "./testing/profile-sink.ts";

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function start(sink: ProfileSink): Promise<{ readonly component: RunningComponent; readonly client: DebugInfoClient | undefined }> {
  const component = await RunningComponent.start(pyroscopeWrite, `endpoint {\nurl = "${sink.url}/pre"\nheaders = { "X-Team" = "a" }\n}`);
  const { receiver } = component.exports as { readonly receiver: ProfileReceiver };
  return { component, client: receiver.debugInfoClients?.()[0] };
}

describe("EndpointDebugInfo", () => {
  it("sends a file piece by piece below the endpoint's path, with its headers", async () => {
    await using sink = await ProfileSink.start();
    const { component, client } = await start(sink);
    await using _ = component;
    await client?.upload("id/1", pieces("one", "two"), { deadline: Date.now() + 5000 });
    const [sent] = sink.requests;
    expect([sent?.url, sent?.headers["x-team"], sent?.headers["transfer-encoding"], sent?.body.toString()]).toEqual([
      "/pre/debuginfo.v1alpha1.DebuginfoService/Upload/id%2F1",
      "a",
      "chunked",
      "onetwo",
    ]);
  });

  it("gives the answer to a call, or why there is none", async () => {
    await using sink = await ProfileSink.start();
    const { component, client } = await start(sink);
    await using _ = component;
    const call = { method: "ShouldInitiateUpload", codec: "proto", message: Buffer.from("q") } as const;
    sink.answer = () => ({ body: "answer", headers: { "content-type": "application/proto" } });
    expect(Buffer.from((await client?.call(call, {})) ?? []).toString()).toBe("answer");
    sink.answer = () => ({
      status: 403,
      headers: { "content-type": "application/json" },
      body: '{"code":"permission_denied","message":"no"}',
    });
    await expect(client?.call(call, {})).rejects.toMatchObject({ code: "permission_denied", message: "permission_denied: no" });
    sink.answer = () => ({ status: 500 });
    await expect(client?.upload("a", pieces("x"), {})).rejects.toMatchObject({ status: 500 });
  });

  it("does not follow a redirect with what can be sent only once", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 307, headers: { location: "/other" } });
    const { component, client } = await start(sink);
    await using _ = component;
    await expect(client?.upload("a", pieces("x"), {})).rejects.toThrow("a redirect cannot be followed");
    expect(sink.requests).toHaveLength(1);
  });
});
