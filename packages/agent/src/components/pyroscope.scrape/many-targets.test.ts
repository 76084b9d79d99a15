import { monitorEventLoopDelay } from "node:perf_hooks";
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

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

it(
  "pyroscope.scrape takes up 100,000 targets and lets them go, and meanwhile nothing waits for a second",
  // The limit is in seconds of the wall's clock: what else runs on the machine counts in it.
  { timeout: 120_000, retry: 3 },
  async () => {
    const texts = [1, 2].map(body);
    const before = timers();
    await using running = await RunningComponent.start(pyroscopeScrape, body(0), { receivers: { sink: new RecordingReceiver() } });
    const jobs = (wanted: number): Promise<void> =>
      vi.waitFor(() => expect(running.metric("pyroscope_scrape_jobs")).toBe(wanted), { timeout: 20_000, interval: 50 });
    const delay = monitorEventLoopDelay({ resolution: 10 });
    const change = async (text: string, wanted: number): Promise<void> => {
      await running.update(text);
      // Reading the text of the configuration is not what is measured.
      delay.enable();
      await jobs(wanted);
      delay.disable();
    };
    for (const text of texts) {
      await change(text, count);
      expect(timers() - before).toBeGreaterThan(count - 100);
      await change(body(0), 0);
      expect(timers() - before).toBeLessThan(100);
    }
    expect(delay.max / 1e6).toBeLessThan(1000);

    // What comes while the former is still being taken up counts in the end.
    await running.update(texts[0] ?? "");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await running.update(texts[1] ?? "");
    await running.update(body(0).replace("[]", `[{ "__address__" = "10.0.0.1:1" }]`));
    await jobs(1);
  },
);
