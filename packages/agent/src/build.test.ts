import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../tests/support/flameline.ts";
import { version } from "./identity/version.ts";

const packageFolder = join(import.meta.dirname, "..");

/** A copy of the package as it is published, without the sources and without dependencies. */
let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "built-"));
  for (const name of ["bin", "package.json"]) cpSync(join(packageFolder, name), join(home, name), { recursive: true });
  const tsdown = join(dirname(createRequire(import.meta.url).resolve("tsdown/package.json")), "dist/run.mjs");
  execFileSync(process.execPath, [tsdown, "--out-dir", join(home, "dist")], { cwd: packageFolder, stdio: "pipe" });
}, 120_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("the built package", () => {
  it("needs nothing but itself", () => {
    const out = execFileSync(process.execPath, [join(home, "bin/flameline.js"), "--version"], { cwd: home, encoding: "utf8" });
    expect(out).toContain(`flameline, version ${version} `);
  });

  it("runs a pipeline", async () => {
    const config = join(home, "config.alloy");
    const [admin, receiver] = [await freePort(), await freePort()];
    writeFileSync(
      config,
      `pyroscope.receive_http "in" {
  http {
    listen_address = "127.0.0.1"
    listen_port    = ${receiver}
  }
  forward_to = [pyroscope.relabel.all.receiver]
}

pyroscope.relabel "all" {
  forward_to = [pyroscope.write.out.receiver]
}

pyroscope.write "out" {
  endpoint {
    url = "http://127.0.0.1:1"
  }
}

discovery.relabel "none" {
  targets = []
}

pyroscope.scrape "none" {
  targets    = discovery.relabel.none.output
  forward_to = [pyroscope.relabel.all.receiver]
}
`,
    );
    const flags = [`--server.http.listen-addr=127.0.0.1:${admin}`, `--storage.path=${join(home, "data")}`];
    const child = spawn(process.execPath, [join(home, "bin/flameline.js"), "run", ...flags, config], { stdio: "ignore" });
    const ended = once(child, "exit");
    const status = async (path: string): Promise<number> =>
      fetch(`http://127.0.0.1:${admin}${path}`).then(
        (response) => response.status,
        () => 0,
      );
    await expect.poll(() => status("/-/ready"), { timeout: 15_000 }).toBe(200);
    expect(await status("/-/healthy")).toBe(200);
    expect(await status("/debug/pprof/heap")).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
