import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collector } from "../support/flameline.ts";
import { Sink } from "../support/sink.ts";

/** From a list in a file to profiles at a server, with a secret from another file in between. */
function pipeline(folder: string, sink: Sink): string {
  return `
    discovery.file "services" {
      files = ["${folder}/*.json"]
    }
    discovery.relabel "services" {
      targets = discovery.file.services.targets
      rule {
        source_labels = ["app"]
        target_label  = "service_name"
      }
    }
    pyroscope.scrape "services" {
      targets         = discovery.relabel.services.output
      forward_to      = [pyroscope.write.server.receiver]
      scrape_interval = "2s"
      profiling_config {
        profile.process_cpu {
          enabled = false
        }
        profile.goroutine {
          enabled = false
        }
        profile.block {
          enabled = false
        }
        profile.mutex {
          enabled = false
        }
      }
    }
    local.file "token" {
      filename  = "${folder}/token"
      is_secret = true
    }
    pyroscope.write "server" {
      endpoint {
        url          = "${sink.url}"
        bearer_token = local.file.token.content
      }
    }`;
}

describe("discovery", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "discovery-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** As a whole, as those should who write such files. */
  const write = (name: string, content: string): void => {
    writeFileSync(join(folder, "new"), content);
    renameSync(join(folder, "new"), join(folder, name));
  };

  it("leads from files to profiles, and follows them", { timeout: 90_000 }, async () => {
    write("token", "first");
    write("targets.json", "[]");
    await using sink = await Sink.listen();
    await using collector = await Collector.start({ config: pipeline(folder, sink) });
    const services = (): ReadonlySet<string> => new Set(sink.pushed().map(({ labels }) => labels.get("service_name")));
    const tokens = (): ReadonlySet<unknown> => new Set(sink.requests.map(({ headers }) => headers["authorization"]));
    const list = (app: string): string => JSON.stringify([{ targets: [`127.0.0.1:${collector.port}`], labels: { app } }]);
    write("targets.json", list("one"));
    await expect.poll(services, { timeout: 30_000 }).toContain("one");
    expect(tokens()).toEqual(new Set(["Bearer first"]));
    write("token", "second");
    write("targets.json", list("two"));
    await expect.poll(services, { timeout: 30_000 }).toContain("two");
    await expect.poll(tokens, { timeout: 10_000 }).toContain("Bearer second");
    expect(collector.log()).not.toMatch(/level=error|first|second/);
  });
});
