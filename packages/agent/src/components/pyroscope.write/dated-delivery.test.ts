import { describe, expect, it } from "vitest";
import { datedDelivery } from "./dated-delivery.ts";
import type { Delivery } from "./delivery.ts";

const receivedAt = 1_700_000_000_000;

function ingest(query: string): Delivery {
  const facts = { subject: { service: "shop", type: "shop" }, tenant: "", receivedAt, profiles: 1, bytes: 1 };
  return { kind: "ingest", ...facts, path: "/ingest", query, contentTypes: [], data: new Uint8Array(1) };
}

function queryOf(delivery: Delivery, now: number): string | undefined {
  const dated = datedDelivery(delivery, now);
  return dated.kind === "ingest" ? dated.query : undefined;
}

describe("datedDelivery()", () => {
  it.each([
    ["name=a", `from=${receivedAt}&name=a&until=${receivedAt}`],
    ["from=17&name=a", `from=17&name=a&until=${receivedAt}`],
    ["from=17&name=a&until=18", "from=17&name=a&until=18"],
  ])("completes %s when it has waited", (query, dated) => {
    expect(queryOf(ingest(query), receivedAt + 60_000)).toBe(dated);
  });

  it("leaves alone what is sent promptly", () => {
    const delivery = ingest("name=a");
    expect(datedDelivery(delivery, receivedAt + 1000)).toBe(delivery);
  });
});
