import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Health } from "../../component/index.ts";
import { NodeHealth } from "./node-health.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("NodeHealth", () => {
  it("is unknown first, then as good as the worse of evaluation and run", () => {
    const health = new NodeHealth("created");
    expect(health.current).toMatchObject({ state: "unknown", message: "created" });
    health.evaluated("healthy", "evaluated");
    expect(health.current).toMatchObject({ state: "unknown", message: "created" });
    health.ran("healthy", "started");
    expect(health.current.state).toBe("healthy");
    health.evaluated("unhealthy", "broken");
    expect(health.current).toMatchObject({ state: "unhealthy", message: "broken" });
    health.ran("exited", "gone");
    expect(health.current).toMatchObject({ state: "exited", message: "gone" });
  });

  it("tells a probe nothing of what a restart could not mend", () => {
    let reported: Health | undefined = { state: "unhealthy", message: "away", updatedAt: new Date(), external: true };
    const health = new NodeHealth("created", () => reported);
    health.evaluated("healthy", "evaluated");
    health.ran("healthy", "started");
    expect([health.current.state, health.working.state, health.probed.state]).toEqual(["unhealthy", "unhealthy", "healthy"]);
    reported = { state: "unhealthy", message: "broken", updatedAt: new Date() };
    expect(health.probed.message).toBe("broken");
    reported = undefined;
    health.evaluated("unhealthy", "no");
    expect(health.probed.message).toBe("no");
  });

  it("shows the newest of equals", () => {
    const health = new NodeHealth("created");
    health.ran("healthy", "started");
    vi.advanceTimersByTime(1);
    health.evaluated("healthy", "evaluated");
    expect(health.current.message).toBe("evaluated");
    vi.advanceTimersByTime(1);
    health.ran("healthy", "started again");
    expect(health.current.message).toBe("started again");
  });

  it("listens to what the component says", () => {
    let reported: Health | undefined;
    const health = new NodeHealth("created", () => reported);
    health.evaluated("healthy", "evaluated");
    health.ran("healthy", "started");
    reported = { state: "unhealthy", message: "no network", updatedAt: new Date(0) };
    expect(health.current.message).toBe("no network");
    reported = { state: "healthy", message: "network", updatedAt: new Date(0) };
    expect(health.current.message).toBe("started");
  });
});
