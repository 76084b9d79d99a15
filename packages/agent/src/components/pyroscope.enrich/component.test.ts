import { setTimeout as sleep } from "node:timers/promises";
import { Labels } from "@flameline/profile";
import { describe, expect, it, vi } from "vitest";
import type { IngestBody, PprofBody, Profile } from "../../component/profile.ts";
import type { DeliveryContext, ProfileReceiver } from "../../component/receiver.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeEnrich } from "./component.ts";

const pprof: PprofBody = { kind: "pprof", data: Uint8Array.of(1) };

function profile(labels: Readonly<Record<string, string>> | Labels, body: PprofBody | IngestBody = pprof): Profile {
  return { id: "1", labels: labels instanceof Labels ? labels : Labels.of(labels), body, receivedAt: 0 };
}

interface SetUp extends AsyncDisposable {
  readonly component: RunningComponent;
  readonly next: RecordingReceiver;
  readonly other: RecordingReceiver;
  readonly receiver: ProfileReceiver;
  append(labels: Readonly<Record<string, string>>, context?: DeliveryContext): Promise<void>;
}

async function setUp(body: string): Promise<SetUp> {
  const next = new RecordingReceiver();
  const other = new RecordingReceiver();
  const component = await RunningComponent.start(pyroscopeEnrich, body, { receivers: { next, other } });
  const { receiver } = component.exports as { readonly receiver: ProfileReceiver };
  return {
    component,
    next,
    other,
    receiver,
    append: (labels, context = {}) => receiver.append([profile(labels)], context),
    [Symbol.asyncDispose]: () => component[Symbol.asyncDispose](),
  };
}

const byIp = 'target_match_label = "ip"\nforward_to = [next]';
const two = 'targets = [{ip = "1.1.1.1", pod = "a", node = "n"}, {ip = "2.2.2.2", pod = "b"}, {pod = "nobody"}]';

function results({ component }: SetUp): readonly (number | undefined)[] {
  return ["matched", "late", "unmatched"].map((result) => component.metric(`pyroscope_enrich_profiles_total{result="${result}"}`));
}

function waits({ component }: SetUp, reason: string): number | undefined {
  return component.metric(`pyroscope_enrich_waits_total{reason="${reason}"}`);
}

const sent = ({ next }: SetUp): readonly Record<string, string>[] => next.profiles.map(({ labels }) => labels.toRecord());

describe("pyroscope.enrich", () => {
  it("copies all labels of the target, which win, and leaves other profiles alone", async () => {
    await using it = await setUp(`${two}\n${byIp}`);
    await it.append({ ip: "1.1.1.1", pod: "own", app: "x" });
    await it.append({ ip: "3.3.3.3", pod: "own" });
    await it.append({ pod: "nobody" });
    expect(sent(it)).toEqual([{ ip: "1.1.1.1", pod: "a", node: "n", app: "x" }, { ip: "3.3.3.3", pod: "own" }, { pod: "nobody" }]);
    expect(results(it)).toEqual([1, 0, 2]);
  });

  it("copies what it is told to, as far as the target has it", async () => {
    await using it = await setUp(`${two}\n${byIp}\nprofiles_match_label = "service_name"\nlabels_to_copy = ["node", "zone", "pod"]`);
    await it.append({ service_name: "2.2.2.2", node: "own", zone: "z" });
    expect(sent(it)).toEqual([{ service_name: "2.2.2.2", node: "own", pod: "b", zone: "z" }]);
  });

  it("takes the last of targets with one value", async () => {
    await using it = await setUp(`targets = [{ip = "1", v = "1"}, {ip = "1", v = "2"}]\n${byIp}`);
    await it.append({ ip: "1" });
    expect(sent(it)).toEqual([{ ip: "1", v: "2" }]);
  });

  it("keeps series together and gives equal label objects equal results", async () => {
    await using it = await setUp(`${two}\n${byIp}`);
    const labels = Labels.of({ ip: "1.1.1.1" });
    await it.receiver.append([profile(labels), profile(labels)], {});
    await it.receiver.append([profile(labels)], {});
    const [first, ...others] = it.next.profiles.map((one) => one.labels);
    expect(others).toHaveLength(2);
    for (const one of others) expect(one).toBe(first);
    expect(it.next.calls).toHaveLength(2);
  });

  it("replaces the labels of a request to /ingest and nothing else of it", async () => {
    const body: IngestBody = { kind: "ingest", data: Uint8Array.of(2), path: "/ingest", query: "name=a", contentTypes: ["x/y"] };
    await using it = await setUp(`${two}\n${byIp}`);
    await it.receiver.append([profile({ ip: "1.1.1.1" }, body)], { deadline: 5 });
    expect(it.next.calls[0]?.context).toEqual({ deadline: 5 });
    expect(it.next.profiles[0]?.body).toBe(body);
    expect(it.next.profiles[0]?.labels.get("pod")).toBe("a");
  });

  it("follows updates of its targets and of its receivers, and keeps its own receiver", async () => {
    await using it = await setUp(`targets = []\n${byIp}`);
    await it.append({ ip: "1.1.1.1" });
    await it.component.update(`${two}\ntarget_match_label = "ip"\nforward_to = [other]`);
    await it.append({ ip: "1.1.1.1" });
    expect(it.next.profiles).toHaveLength(1);
    expect(it.other.profiles.map(({ labels }) => labels.get("pod"))).toEqual(["a"]);
    expect(it.component.exports).toEqual({ receiver: it.receiver });
  });

  it("takes nothing after it ended", async () => {
    const it = await setUp(`${two}\n${byIp}`);
    await it[Symbol.asyncDispose]();
    await expect(it.append({ ip: "1" })).rejects.toMatchObject({ message: "pyroscope.enrich.test has exited", retryable: true });
  });

  it.each([
    ['wait_for_targets = "-1s"', "wait_for_targets must be between 0s and 24h"],
    ['wait_for_targets = "48h"', "wait_for_targets must be between 0s and 24h"],
    ["wait_max_bytes = -1", "wait_max_bytes must not be negative"],
  ])("refuses %s", async (text, message) => {
    await expect(setUp(`${two}\n${byIp}\n${text}`)).rejects.toThrow(message);
  });
});

describe("wait_for_targets", () => {
  const waiting = `${byIp}\nwait_for_targets = "10s"`;
  const none = `targets = []\n${waiting}`;

  it("holds profiles until their target is there, and answers after they were handed on", async () => {
    await using it = await setUp(none);
    let answered = 0;
    const calls = Array.from({ length: 200 }, async (_, index) => {
      await it.append({ ip: index % 2 === 0 ? "1.1.1.1" : "2.2.2.2" });
      answered += 1;
    });
    await sleep(20);
    expect([answered, it.next.calls.length]).toEqual([0, 0]);
    expect(it.component.metric("pyroscope_enrich_waiting_bytes")).toBe(200 * 1025);
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    it.next.outcome = () => finished;
    await it.component.update(`${two}\n${waiting}`);
    await expect.poll(() => it.next.calls.length).toBe(200);
    expect(answered).toBe(0);
    finish();
    await Promise.all(calls);
    expect(new Set(it.next.profiles.map(({ labels }) => labels.get("pod")))).toEqual(new Set(["a", "b"]));
    expect([results(it), waits(it, "matched"), it.component.metric("pyroscope_enrich_waiting_bytes")]).toEqual([[0, 200, 0], 200, 0]);
  });

  it("lets profiles pass that match or can never match", async () => {
    await using it = await setUp(`${two}\n${waiting}`);
    await it.append({ ip: "1.1.1.1" });
    await it.append({ app: "x" });
    await it.append({ ip: "x".repeat(3000) });
    expect(it.next.calls).toHaveLength(3);
  });

  it("waits for a value once: what comes later ends with the first, or does not wait", async () => {
    await using it = await setUp(`targets = []\n${byIp}\nwait_for_targets = "80ms"`);
    const begin = performance.now();
    const first = it.append({ ip: "9" });
    await sleep(40);
    await Promise.all([first, it.append({ ip: "9" })]);
    const waited = performance.now() - begin;
    // Timers may fire up to a millisecond early.
    await sleep(5);
    await it.append({ ip: "9" });
    expect(waited).toBeGreaterThan(70);
    expect(sent(it)).toEqual([{ ip: "9" }, { ip: "9" }, { ip: "9" }]);
    expect([waits(it, "timeout"), results(it)]).toEqual([2, [0, 0, 3]]);
    await it.component.update(`targets = [{ip = "9", a = "b"}]\n${byIp}\nwait_for_targets = "80ms"`);
    await it.component.update(`targets = []\n${byIp}\nwait_for_targets = "80ms"`);
    await it.append({ ip: "9" });
    expect(waits(it, "timeout")).toBe(3);
  });

  it("does not hold more than it has room for", async () => {
    await using it = await setUp(`${none}\nwait_max_bytes = 2048`);
    const held = it.append({ ip: "1" });
    await it.append({ ip: "2" });
    expect([sent(it), waits(it, "full")]).toEqual([[{ ip: "2" }], 1]);
    await it.component.update(`targets = [{ip = "1", pod = "a"}]\n${waiting}`);
    await held;
    expect(sent(it)[1]).toEqual({ ip: "1", pod: "a" });
  });

  it("leaves half of the sender's time for the delivery, and lets go when the sender has gone", async () => {
    await using it = await setUp(none);
    const begin = Date.now();
    await it.append({ ip: "1" }, { deadline: begin + 1000 });
    expect(Date.now() - begin).toBeLessThan(950);
    const sender = new AbortController();
    const call = it.append({ ip: "2" }, { signal: sender.signal });
    sender.abort();
    await call;
    expect([it.next.calls.length, waits(it, "timeout"), waits(it, "sender")]).toEqual([2, 1, 1]);
  });

  it("hands on what waits when it stops, and ends after that", async () => {
    const it = await setUp(none);
    const call = it.append({ ip: "1" });
    const handed = vi.fn<() => void>();
    it.next.outcome = async () => {
      await sleep(20);
      handed();
    };
    await it[Symbol.asyncDispose]();
    expect(handed).toHaveBeenCalledOnce();
    await call;
    expect([sent(it), waits(it, "stopped")]).toEqual([[{ ip: "1" }], 1]);
  });

  it("passes the error of the delivery to a sender that waited", async () => {
    await using it = await setUp(none);
    it.next.outcome = () => {
      throw new Error("refused");
    };
    const call = it.append({ ip: "1.1.1.1" });
    await it.component.update(`${two}\n${waiting}`);
    await expect(call).rejects.toThrow("refused");
  });
});
