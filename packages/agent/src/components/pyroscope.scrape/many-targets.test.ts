import { expect, it, vi } from "vitest";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeScrape } from "./component.ts";

const count = 100_000;

function body(generation: number): string {
  const targets = Array.from({ length: generation === 0 ? 0 : count }, (_, index) => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:${generation}`;
    return `{ "__address__" = "${address}", "service_name" = "app-${index % 50}" }`;
  });
  const off = ["block", "goroutine", "mutex", "process_cpu"].map((name) => `profile.${name} {\nenabled = false\n}`);
  return `targets = [${targets.join(",")}]\nforward_to = [sink]\nscrape_interval = "10h"\nprofiling_config {\n${off.join("\n")}\n}`;
}

/** The longest time between two turns of the event loop while `work` goes on, in milliseconds. */
async function longestStall(work: Promise<void>): Promise<number> {
  let [last, longest] = [performance.now(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    [last, longest] = [now, Math.max(longest, now - last)];
  }, 5);
  await work;
  clearInterval(timer);
  return Math.max(longest, performance.now() - last);
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

it(
  "pyroscope.scrape takes up 100,000 targets and lets them go, and meanwhile nothing waits for a second",
  { timeout: 120_000 },
  async () => {
    const texts = [1, 2].map(body);
    const before = timers();
    await using running = await RunningComponent.start(pyroscopeScrape, body(0), { receivers: { sink: new RecordingReceiver() } });
    const jobs = (wanted: number): Promise<void> =>
      vi.waitFor(() => expect(running.metric("pyroscope_scrape_jobs")).toBe(wanted), { timeout: 20_000, interval: 50 });
    let stall = 0;
    const change = async (text: string, wanted: number): Promise<void> => {
      await running.update(text);
      // Reading the text of the configuration is not what is measured.
      stall = Math.max(stall, await longestStall(jobs(wanted)));
    };
    for (const text of texts) {
      await change(text, count);
      expect(timers() - before).toBeGreaterThan(count - 100);
      await change(body(0), 0);
      expect(timers() - before).toBeLessThan(100);
    }
    expect(stall).toBeLessThan(1000);

    // What comes while the former is still being taken up counts in the end.
    await running.update(texts[0] ?? "");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await running.update(texts[1] ?? "");
    await running.update(body(0).replace("[]", `[{ "__address__" = "10.0.0.1:1" }]`));
    await jobs(1);
  },
);
