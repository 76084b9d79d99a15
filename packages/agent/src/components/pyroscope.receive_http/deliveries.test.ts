import { describe, expect, it } from "vitest";
import type { DeliveryContext } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { Deliveries } from "./deliveries.ts";

/** Goes on until its context aborts, and rejects with the reason then. */
function untilAborted({ signal }: DeliveryContext): Promise<void> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal?.aborted === true) end();
    else signal?.addEventListener("abort", end);
  });
}

describe("Deliveries", () => {
  it("passes on success, failure and deadline", async () => {
    const deliveries = new Deliveries();
    await deliveries.run({ deadline: 7 }, async ({ deadline }) => expect(deadline).toBe(7));
    const refusal = new DeliveryError("no", { code: "invalid_argument", retryable: false });
    await expect(deliveries.run({}, () => Promise.reject(refusal))).rejects.toBe(refusal);
  });

  it("ends when the sender leaves, or had left before", async () => {
    const deliveries = new Deliveries();
    const sender = new AbortController();
    const running = deliveries.run({ signal: sender.signal }, untilAborted);
    const reason = new Error("gone");
    sender.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(deliveries.run({ signal: sender.signal }, untilAborted)).rejects.toBe(reason);
  });

  it("asks senders to try again after its end", async () => {
    const deliveries = new Deliveries();
    const refusal = new DeliveryError("no", { code: "invalid_argument", retryable: false, partial: true });
    const running = [
      deliveries.run({}, untilAborted),
      deliveries.run({}, (context) => untilAborted(context).catch(() => Promise.reject(refusal))),
    ];
    deliveries.end();
    const [aborted, refused] = (await Promise.allSettled(running)).map((outcome) => outcome.status === "rejected" && outcome.reason);
    expect(aborted).toMatchObject({ code: "unavailable", retryable: true, status: 503, partial: false });
    expect(refused).toMatchObject({ code: "unavailable", retryable: true, status: 503, partial: true });
    await expect(deliveries.run({}, () => expect.unreachable("began"))).rejects.toMatchObject({ code: "unavailable", retryable: true });
  });
});
