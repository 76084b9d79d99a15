import { gunzipSync, gzipSync } from "node:zlib";
import { decodePushRequest, encodePushRequest, isGzip, Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { decodePprof, encodePprof } from "../../../../profile/src/testing/pprof-messages.ts";
import { DeliveryDates } from "./dated-delivery.ts";
import type { Delivery } from "./delivery.ts";

const receivedAt = 1_700_000_000_000;
const late = receivedAt + 60_000;
const facts = { subject: { service: "shop", type: "cpu" }, tenant: "", receivedAt, profiles: 1, bytes: 1 };

function ingest(query: string): Delivery {
  return { kind: "ingest", ...facts, path: "/ingest", query, contentTypes: [], data: new Uint8Array(1) };
}

function push(...raws: readonly Uint8Array[]): Delivery {
  const samples = raws.map((raw, index) => ({ id: `${index}`, raw }));
  return { kind: "push", ...facts, message: encodePushRequest([{ labels: Labels.of({ service_name: "shop" }), samples }]) };
}

function queryOf(delivery: Delivery, now: number): string | undefined {
  const dated = new DeliveryDates().of(delivery, now);
  return dated.kind === "ingest" ? dated.query : undefined;
}

/** Times of the profiles in a push. */
function timesOf(delivery: Delivery): readonly (string | number | undefined)[] {
  if (delivery.kind !== "push") return [];
  const samples = decodePushRequest(Buffer.concat(delivery.message)).flatMap((series) => series.samples);
  return samples.map(({ raw }) => decodePprof(isGzip(raw) ? gunzipSync(raw) : raw).timeNanos);
}

const bare = encodePprof({ sampleType: [{ type: 1, unit: 1 }], sample: [{ value: ["7"] }], stringTable: ["", "x"] });
const dated = encodePprof({ ...decodePprof(bare), timeNanos: "17" });

describe("DeliveryDates", () => {
  it.each([
    ["name=a", `from=${receivedAt}&name=a&until=${receivedAt}`],
    ["from=17&name=a", `from=17&name=a&until=${receivedAt}`],
    ["from=17&name=a&until=18", "from=17&name=a&until=18"],
  ])("completes %s when it has waited", (query, complete) => {
    expect(queryOf(ingest(query), late)).toBe(complete);
  });

  it("gives pprofs without time the time of their arrival, packed as before", () => {
    const received = `${receivedAt}000000`;
    expect(timesOf(new DeliveryDates().of(push(bare, dated, gzipSync(bare)), late))).toEqual([received, "17", received]);
  });

  it("leaves alone what is sent promptly, has its time or cannot be read", () => {
    const dates = new DeliveryDates();
    for (const delivery of [ingest("name=a"), push(bare)]) expect(dates.of(delivery, receivedAt + 1000)).toBe(delivery);
    for (const raw of [dated, gzipSync(dated), bare.subarray(0, -1), gzipSync(bare).subarray(0, -4)]) {
      const delivery = push(raw);
      expect(new DeliveryDates().of(delivery, late)).toBe(delivery);
    }
  });

  it("looks at a sender once, when its profiles have their time", () => {
    const dates = new DeliveryDates();
    dates.of(push(dated), late);
    const next = push(bare);
    expect(dates.of(next, late)).toBe(next);
  });
});
