import { encodePushRequest, Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { DeliveryError } from "../../component/receiver.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeReceiveHttp } from "./component.ts";

const outage = new DeliveryError("no answer", { code: "unavailable", retryable: true });

interface Receiving extends AsyncDisposable {
  readonly receivers: readonly RecordingReceiver[];
  ingest(name: string, headers?: Readonly<Record<string, string>>): Promise<number>;
  push(labels: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<number>;
}

async function start(count: number, more = ""): Promise<Receiving> {
  const receivers = Array.from({ length: count }, () => new RecordingReceiver());
  const names = Object.fromEntries(receivers.map((receiver, index) => [`r${index}`, receiver]));
  const body = `forward_to = [${Object.keys(names).join(", ")}]\n${more}\nhttp {\nlisten_address = "127.0.0.1"\nlisten_port = 0\n}\n`;
  const component = await RunningComponent.start(pyroscopeReceiveHttp, body, { receivers: names });
  const port = Number(component.log.lines.find(({ message }) => message === "starting server")?.fields["port"]);
  const post = async (path: string, request: RequestInit): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", ...request })).status;
  return {
    receivers,
    ingest: (name, headers = {}) => post(`/ingest?name=${encodeURIComponent(name)}`, { headers, body: "main 1" }),
    push: (labels, headers = {}) =>
      post("/push.v1.PusherService/Push", {
        headers: { "content-type": "application/proto", ...headers },
        body: Buffer.concat(encodePushRequest([{ labels: Labels.of(labels), samples: [{ id: "1", raw: Buffer.from("raw") }] }])),
      }),
    [Symbol.asyncDispose]: () => component[Symbol.asyncDispose](),
  };
}

function tenants({ profiles }: RecordingReceiver): readonly string[] {
  return profiles.map(({ labels }) => labels.get("__tenant_id__"));
}

describe("tenants of senders", () => {
  it("are ignored unless a header is trusted, wherever the sender names one", async () => {
    await using it = await start(1);
    await it.ingest("shop", { "x-scope-orgid": "a" });
    await it.ingest("shop{__tenant_id__=b}");
    await it.push({ __name__: "cpu", __tenant_id__: "c" }, { "x-scope-orgid": "d" });
    expect(it.receivers.flatMap(tenants)).toEqual(["", "", ""]);
  });

  it("come from the first trusted header that is there", async () => {
    await using it = await start(1, 'tenant_headers = ["X-Tenant", "X-Scope-OrgID"]');
    await it.ingest("shop", { "x-scope-orgid": "a" });
    await it.push({ __name__: "cpu", __tenant_id__: "c" }, { "x-scope-orgid": "a", "x-tenant": "b" });
    await it.push({ __name__: "cpu", __tenant_id__: "c" });
    await it.push({ __name__: "cpu", __tenant_id__: "c" }, { "x-tenant": "d" });
    expect(it.receivers.flatMap(tenants)).toEqual(["a", "b", "", "d"]);
  });

  it.each(["a b", "..", "x".repeat(151), "a/b"])("must be what servers take: %s", async (tenant) => {
    await using it = await start(1, 'tenant_headers = ["X-Scope-OrgID"]');
    expect(await it.ingest("shop", { "x-scope-orgid": tenant })).toBe(400);
    expect(await it.push({ __name__: "cpu" }, { "x-scope-orgid": tenant })).toBe(400);
    expect(it.receivers.flatMap(tenants)).toEqual([]);
  });
});

describe("senders that repeat", () => {
  it.each(["ingest", "push"] as const)("%s reach only those that did not take it", async (how) => {
    await using it = await start(2);
    const [good, bad] = it.receivers;
    const send = (): Promise<number> => (how === "push" ? it.push({ __name__: "cpu" }) : it.ingest("shop"));
    if (bad) bad.outcome = () => Promise.reject(outage);
    expect(await send()).toBe(500);
    expect(await send()).toBe(500);
    if (bad) bad.outcome = () => undefined;
    expect(await send()).toBe(200);
    expect(good?.profiles).toHaveLength(1);
    expect(await send()).toBe(200);
    expect(good?.profiles).toHaveLength(2);
  });
});
