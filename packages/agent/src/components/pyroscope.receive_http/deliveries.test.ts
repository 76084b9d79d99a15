import { describe, expect, it } from "vitest";
import { DeliveryError } from "../../component/receiver.ts";
import { Deliveries, deliveryGraceMs } from "./deliveries.ts";

/** Goes on until the caller aborts, and rejects with the reason then. */
function untilAborted({ signal }: AbortController): Promise<void> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}

describe("Deliveries", () => {
  it("passes on success and failure", async () => {
    const deliveries = new Deliveries();
    expect(await deliveries.run(new AbortController(), () => Promise.resolve(7))).toBe(7);
    const refusal = new DeliveryError("no", { code: "invalid_argument", retryable: false });
    await expect(deliveries.run(new AbortController(), () => Promise.reject(refusal))).rejects.toBe(refusal);
  });

  it("ends when the sender leaves, or had left before", async () => {
    const deliveries = new Deliveries();
    const sender = new AbortController();
    const running = deliveries.run(sender, () => untilAborted(sender));
    const reason = new Error("gone");
    sender.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(deliveries.run(sender, () => untilAborted(sender))).rejects.toBe(reason);
  });

  it("asks senders to try again after its end", async () => {
    const deliveries = new Deliveries();
    const refusal = new DeliveryError("no", { code: "invalid_argument", retryable: false, partial: true });
    const [one, other] = [new AbortController(), new AbortController()];
    const running = [
      deliveries.run(one, () => untilAborted(one)),
      deliveries.run(other, () => untilAborted(other).catch(() => Promise.reject(refusal))),
    ];
    deliveries.end();
    const [aborted, refused] = (await Promise.allSettled(running)).map((outcome) => outcome.status === "rejected" && outcome.reason);
    expect(aborted).toMatchObject({ code: "unavailable", retryable: true, status: 503, partial: false });
    expect(refused).toMatchObject({ code: "unavailable", retryable: true, status: 503, partial: true });
  });

  it("gives what begins after its end, because its body came so slowly, a moment", async () => {
    const deliveries = new Deliveries();
    deliveries.end();
    expect(await deliveries.run(new AbortController(), () => Promise.resolve(7))).toBe(7);
    const slow = new AbortController();
    const begun = performance.now();
    await expect(deliveries.run(slow, () => untilAborted(slow))).rejects.toMatchObject({
      code: "unavailable",
      retryable: true,
      status: 503,
    });
    expect(performance.now() - begun).toBeGreaterThan(deliveryGraceMs - 50);
  });
});
