import { describe, expect, it } from "vitest";
import { NodeError } from "./node-error.ts";
import { predecessorGone } from "./predecessor.ts";

describe("predecessorGone()", () => {
  it("waits for an instance that stops, and for none when there is none", async () => {
    const order: string[] = [];
    const stopping = new Promise<void>((resolve) => setImmediate(resolve)).then(() => void order.push("stopped"));
    await predecessorGone(stopping).then(() => order.push("went on"));
    expect(order).toEqual(["stopped", "went on"]);
    await predecessorGone(undefined);
  });

  it("gives up on one that does not", async () => {
    await expect(predecessorGone(new Promise(() => {}), 5)).rejects.toThrow(NodeError);
  });
});
