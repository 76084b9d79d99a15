import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { DeliveryMemory } from "../../component/delivery-memory.ts";
import { RecordingLog } from "../../component/testing/recording-log.ts";
import { BodyBudget } from "../../http/server/body-budget.ts";
import { BodyMemory } from "../../http/server/body-memory.ts";
import { listen } from "../../http/server/listen.ts";
import { Deliveries } from "./deliveries.ts";
import { handleIngest } from "./handle-ingest.ts";
import { LabelsCache } from "./labels-cache.ts";

it("handleIngest() asks a sender to wait while the budget is spent, by bodies as sent or as unpacked", async () => {
  const budget = new BodyBudget(1000);
  const blocking = Promise.withResolvers<void>();
  const shared = {
    deliveries: new Deliveries(),
    labels: new LabelsCache(),
    memory: new DeliveryMemory(),
    tenantHeaders: [],
    hop: { note: () => undefined },
    budget,
    bodies: new BodyMemory(),
    log: new RecordingLog(),
  };
  const server = await listen({
    address: "127.0.0.1",
    port: 0,
    handler: (request, response) => void handleIngest(request, response, { receivers: [{ append: () => blocking.promise }], ...shared }),
  });
  const send = (body: Buffer, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}/ingest?name=a`, { method: "POST", body, headers });
  const first = send(Buffer.alloc(900));
  await expect.poll(() => budget.heldBytes).toBe(900);
  const packed = gzipSync(Buffer.alloc(5000));
  expect(packed.length).toBeLessThan(100);
  for (const refused of [await send(Buffer.alloc(101)), await send(packed, { "content-encoding": "gzip" })]) {
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await refused.text()).toBe("requests in progress hold more than 1000 bytes\n");
  }
  blocking.resolve();
  expect((await first).status).toBe(200);
  await expect.poll(() => budget.heldBytes).toBe(0);
  expect((await send(packed, { "content-encoding": "gzip" })).status).toBe(200);
  await server.close(0);
});
