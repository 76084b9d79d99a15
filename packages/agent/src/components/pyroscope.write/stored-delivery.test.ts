import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delivery } from "./delivery.ts";
import { restoreDelivery, storeDelivery } from "./stored-delivery.ts";

const facts = { subject: { service: "sh\u{f6}p", type: "process_cpu" }, tenant: "a", receivedAt: 17, profiles: 2, bytes: 5 };
const record = { tenant: "a", createdAt: 17 };

function stored(delivery: Delivery): Uint8Array {
  return Buffer.concat(storeDelivery(delivery));
}

describe("restoreDelivery()", () => {
  it("gives back a push", () => {
    const restored = restoreDelivery(stored({ kind: "push", ...facts, message: [Buffer.from("ab"), Buffer.from("c")] }), record);
    expect(restored).toMatchObject({ kind: "push", ...facts });
    expect(restored?.kind === "push" && Buffer.concat(restored.message).toString()).toBe("abc");
  });

  it("gives back a request to /ingest", () => {
    const ingest = {
      kind: "ingest",
      ...facts,
      path: "/ingest",
      query: "name=x%7B%7D&from=1",
      contentTypes: ["a/b", "c/d"],
      data: Buffer.from("DATA"),
    } as const;
    const restored = restoreDelivery(stored(ingest), record);
    expect(restored).toEqual({ ...ingest, data: expect.anything() as unknown });
    expect(restored?.kind === "ingest" && Buffer.from(restored.data).toString()).toBe("DATA");
  });

  it("knows nothing of other versions", () => {
    const head = Buffer.from(JSON.stringify({ version: 2 }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.length);
    expect(restoreDelivery(Buffer.concat([length, head]), record)).toBeUndefined();
  });

  it("takes any bytes without throwing", () => {
    assert(property(uint8Array({ maxLength: 64 }), (bytes) => restoreDelivery(bytes, record) === undefined));
  });
});
