import { describe, expect, it } from "vitest";
import { Gate } from "./gate.ts";

async function alone<T>(gate: Gate, work: () => Promise<T>): Promise<T> {
  const open = await gate.close();
  try {
    return await work();
  } finally {
    open();
  }
}

describe("Gate", () => {
  it("lets shared work overlap and exclusive work be alone", async () => {
    const gate = new Gate();
    const log: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      log.push(`${name}+`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name}-`);
    };
    await Promise.all([
      gate.shared(work("a")),
      gate.shared(work("b")),
      alone(gate, work("X")),
      gate.shared(work("c")),
      alone(gate, work("Y")),
    ]);
    expect(log.slice(0, 6)).toEqual(["a+", "b+", "a-", "b-", "X+", "X-"]);
    // What waits for an exclusive holder may go on in any order, but never overlaps with the next one.
    const [c, y] = [log.indexOf("c+"), log.indexOf("Y+")];
    expect(log[c + 1]).toBe("c-");
    expect(log[y + 1]).toBe("Y-");
  });

  it("opens again after work that failed", async () => {
    const gate = new Gate();
    await expect(alone(gate, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(gate.shared(() => Promise.reject(new Error("neither")))).rejects.toThrow("neither");
    await expect(alone(gate, () => Promise.resolve(1))).resolves.toBe(1);
  });
});
