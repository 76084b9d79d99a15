import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { missingParts } from "../../../../tests/support/real-parts.ts";
import { ScratchFolder } from "../../../../tests/support/real-process.ts";
import { SshServer, makeKey } from "../../../../tests/support/ssh-server.ts";
import { TestProgram } from "../runtime/testing/test-program.ts";

const missing = missingParts("sshd");

describe.skipIf(missing.length > 0)("import.git over SSH (needs sshd)", { timeout: 30_000 }, () => {
  let folder: ScratchFolder;
  let server: SshServer;
  let test: TestProgram;
  const at = (name: string): string => join(folder.path, name);
  const known = (line: string): void => writeFileSync(at("known"), line);

  beforeEach(async () => {
    folder = new ScratchFolder();
    server = await SshServer.start([makeKey(at("open")), makeKey(at("locked"), "a pass' \\ phrase")]);
    makeKey(at("foreign"));
    known(server.hostLine);
    vi.stubEnv("SSH_KNOWN_HOSTS", at("known"));
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: at("work") });
    mkdirSync(at("work"));
    git("init", "-q", "-b", "main");
    writeFileSync(at("work/m.alloy"), 'declare "m" {\n  export "v" {\n    value = 1\n  }\n}\n');
    git("add", ".");
    git("commit", "-q", "-m", "x");
    test = new TestProgram({ storagePath: at("data") });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await test.stop();
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const block = (...auth: readonly string[]): string => {
    const key =
      auth.length === 0 ? "" : `  ssh_key {\n    username = "${server.user}"\n${auth.map((line) => `    ${line}\n`).join("")}  }\n`;
    return `import.git "lib" {\n  repository = "ssh://127.0.0.1:${server.port}${at("work")}"\n  path = "m.alloy"\n${key}}\nlib.m "i" { }\n`;
  };
  const inline = (name: string): string => `key = ${JSON.stringify(readFileSync(at(name), "utf8").trim())}`;
  /** The last part of what is wrong. */
  const problem = async (...auth: readonly string[]): Promise<string> =>
    (await test.load(block(...auth)))[0]?.replace(/^.*Failed to evaluate node for config block: /, "") ?? "";

  it.each([
    ["as text", () => [inline("open")]],
    ["as a file that others can read", () => [`key_file = "${at("open")}"`]],
    ["that is locked", () => [inline("locked"), `passphrase = ${JSON.stringify("a pass' \\ phrase")}`]],
  ])("logs in with a key %s, which does not stay on the disk", async (_, auth) => {
    chmodSync(at("open"), 0o644);
    expect(await problem(...auth())).toBe("");
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 1 });
    expect(readdirSync(at("data/import.git.lib"))).toEqual([expect.stringMatching(/^repo-/)]);
  });

  it("refuses a host that is not known, and one with another key", async () => {
    const host = `[127.0.0.1]:${server.port}`;
    rmSync(at("known"));
    expect(await problem(inline("open"))).toBe(
      `the host key of ${host} is not known: add it to ~/.ssh/known_hosts, or to a file that SSH_KNOWN_HOSTS names`,
    );
    known(`${host} ${makeKey(at("other"))}`);
    expect(await problem(inline("open"))).toBe(`the host key of ${host} is not the one in the file of known hosts`);
    known(server.hostLine);
    expect(await problem(inline("open"))).toBe("");
  });

  it("says what is wrong with a key, and tells the server no passphrase", async () => {
    const locked = "the private key cannot be used: incorrect passphrase supplied to decrypt private key";
    expect(await problem(inline("locked"), 'passphrase = "wrong"')).toBe(locked);
    expect(await problem(inline("locked"))).toBe(locked);
    expect(await problem('key = "nonsense"')).toMatch(/^the private key cannot be used: /);
    expect(await problem(`key_file = "${at("none")}"`)).toBe(`failed to read key_file: open ${at("none")}: no such file or directory`);
    expect(await problem(inline("foreign"), 'passphrase = "secret"')).toMatch(/^\S+@127\.0\.0\.1: Permission denied \(/);
    expect(server.log).toContain("Connection closed by authenticating user");
    expect(server.log).not.toMatch(/(?:Failed|Accepted) (?:password|keyboard)/);
  });

  it("asks nobody when there is no key, and says when nobody answers", async () => {
    vi.stubEnv("HOME", folder.path);
    expect(await problem()).toMatch(/: Permission denied \(/);
    await server[Symbol.asyncDispose]();
    expect(await problem(inline("open"))).toBe(`ssh: connect to host 127.0.0.1 port ${server.port}: Connection refused`);
  });
});
