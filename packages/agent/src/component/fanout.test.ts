import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { MetricsRegistry } from "../metrics/registry.ts";
import { createFanout } from "./fanout.ts";
import type { IngestBody, PprofBody, Profile } from "./profile.ts";
import type { ProfileReceiver } from "./receiver.ts";
import { DeliveryError } from "./receiver.ts";

const pprof: PprofBody = { kind: "pprof", data: new Uint8Array([1]) };
const ingest: IngestBody = { kind: "ingest", data: new Uint8Array([1]), path: "/ingest", query: "name=a", contentTypes: [] };

function profile(body: PprofBody | IngestBody): Profile {
  return { id: "1", labels: Labels.of({ service_name: "a" }), body, receivedAt: 0 };
}

class Child implements ProfileReceiver {
  readonly calls: (readonly Profile[])[] = [];
  readonly #outcome: () => Promise<void>;

  constructor(outcome: () => Promise<void> = () => Promise.resolve()) {
    this.#outcome = outcome;
  }

  append(profiles: readonly Profile[]): Promise<void> {
    this.calls.push(profiles);
    return this.#outcome();
  }
}

function failing(message: string, options: ConstructorParameters<typeof DeliveryError>[1]): Child {
  return new Child(() => Promise.reject(new DeliveryError(message, options)));
}

function setUp(children: readonly ProfileReceiver[]): { fanout: ProfileReceiver; metric: (name: string) => string | undefined } {
  const registry = new MetricsRegistry();
  const fanout = createFanout(() => children, registry.scope({}));
  const metric = (name: string): string | undefined => new RegExp(`^${name} (.*)$`, "m").exec(registry.render())?.[1];
  return { fanout, metric };
}

describe("createFanout()", () => {
  it("gives all children the very same profiles and counts pprofs, not requests to /ingest", async () => {
    const children = [new Child(), new Child()];
    const { fanout, metric } = setUp(children);
    const profiles = [profile(pprof), profile(pprof)];
    await fanout.append(profiles, {});
    await fanout.append([profile(ingest)], {});
    expect(children.map(({ calls }) => calls[0])).toEqual([profiles, profiles]);
    expect(metric("pyroscope_forwarded_entries_total")).toBe("2");
    expect(metric("pyroscope_fanout_latency_count")).toBe("2");
  });

  it("does not let a child that hangs or throws keep another from its turn", async () => {
    const throwing: ProfileReceiver = {
      append: () => {
        throw new Error("thrown at once");
      },
    };
    const { promise: hanging, resolve } = Promise.withResolvers<void>();
    const last = new Child();
    const { fanout, metric } = setUp([throwing, new Child(() => hanging), last]);
    const outcome = fanout.append([profile(pprof)], {});
    expect(last.calls).toHaveLength(1);
    resolve();
    await expect(outcome).rejects.toThrow("1 error occurred:\n\t* thrown at once\n\n");
    expect(metric("pyroscope_forwarded_entries_total")).toBe("0");
    expect(metric("pyroscope_fanout_latency_count")).toBe("1");
  });

  it("lists several errors and stays retryable while one of them is", async () => {
    const final = failing("bad labels", { code: "invalid_argument", retryable: false, status: 422 });
    const passing = failing("away", { code: "unavailable", retryable: true });
    await expect(setUp([final, passing]).fanout.append([profile(pprof)], {})).rejects.toMatchObject({
      message: "2 errors occurred:\n\t* bad labels\n\t* away\n\n",
      code: "unavailable",
      retryable: true,
      status: 422,
      partial: false,
    });
  });

  it("is final when every child's error is", async () => {
    const children = [
      failing("bad labels", { code: "invalid_argument", retryable: false }),
      failing("forbidden", { code: "permission_denied", retryable: false, status: 403 }),
    ];
    await expect(setUp(children).fanout.append([profile(pprof)], {})).rejects.toMatchObject({
      code: "invalid_argument",
      retryable: false,
      status: 403,
    });
  });

  it("says so when some of them, here or further down, took the profiles", async () => {
    const some = setUp([new Child(), failing("away", { code: "unavailable", retryable: true })]);
    await expect(some.fanout.append([profile(pprof)], {})).rejects.toMatchObject({ partial: true });
    const below = setUp([failing("one of two", { code: "unavailable", retryable: true, partial: true })]);
    await expect(below.fanout.append([profile(pprof)], {})).rejects.toMatchObject({ partial: true });
  });

  it("asks for the children at each call", async () => {
    const [first, second] = [new Child(), new Child()];
    let children = [first];
    const registry = new MetricsRegistry();
    const fanout = createFanout(() => children, registry.scope({}));
    await fanout.append([profile(pprof)], {});
    children = [second];
    await fanout.append([profile(pprof)], {});
    expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
  });

  it("succeeds with nobody to forward to", async () => {
    await expect(setUp([]).fanout.append([profile(pprof)], {})).resolves.toBeUndefined();
  });
});
