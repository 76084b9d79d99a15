import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestProgram } from "../runtime/testing/test-program.ts";

let folder = "";
const programs: TestProgram[] = [];
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "remote-"));
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((one) => one.stop()));
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

function program(): TestProgram {
  const made = new TestProgram({ storagePath: join(folder, "data") });
  programs.push(made);
  return made;
}

const moduleOf = (value: number): string => `declare "m" {\n  export "v" {\n    value = ${value}\n  }\n}\n`;

interface ServerAnswer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly location?: string;
}

/** Answers with `answer` and remembers the requests. */
async function serve(answer: (request: IncomingMessage) => ServerAnswer | Promise<ServerAnswer>): Promise<string> {
  const server = createServer((request, response) => {
    void Promise.resolve(answer(request)).then(({ status, body, location }) => {
      const more = location === undefined ? {} : { location };
      response.writeHead(status, status === 401 ? { "www-authenticate": 'Basic realm="x"' } : more).end(body);
    });
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("import.http", () => {
  it("follows what the server gives, and keeps it while the server is away", async () => {
    let body = moduleOf(1);
    let status = 200;
    const seen: string[] = [];
    const url = await serve((request) => {
      seen.push(`${request.method} ${request.url} ${String(request.headers["x-team"])} ${String(request.headers.authorization)}`);
      return { status, body };
    });
    const test = program();
    const block = `import.http "lib" {
  url = "${url}/modules/lib.alloy"
  poll_frequency = "600ms"
  poll_timeout = "500ms"
  headers = {"x-team" = "profiling"}
  client {
    bearer_token = "t0ken"
  }
}
lib.m "i" { }
`;
    expect(await test.load(block)).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 1 });
    expect(seen[0]).toBe("GET /modules/lib.alloy profiling Bearer t0ken");
    test.start();
    body = moduleOf(2);
    await expect.poll(() => test.exportsOf("lib.m.i"), { timeout: 5000 }).toEqual({ v: 2 });
    status = 500;
    await expect
      .poll(() => test.log.map(({ fields }) => fields["err"]), { timeout: 5000 })
      .toContain("creating http component: unexpected status code 500");
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 2 });
    status = 200;
    body = moduleOf(3);
    await expect.poll(() => test.exportsOf("lib.m.i"), { timeout: 5000 }).toEqual({ v: 3 });
  });

  it("is an error of the load when there is nothing at first, and knows where it came from", async () => {
    const url = await serve(({ url: path }) =>
      path === "/a/lib.alloy"
        ? { status: 200, body: 'declare "m" {\n  export "v" {\n    value = module_path\n  }\n}' }
        : { status: 404, body: "" },
    );
    expect(await program().load(`import.http "lib" {\n  url = "${url}/nope"\n}`)).toEqual([
      "1:1: Failed to evaluate node for config block: creating http component: unexpected status code 404",
    ]);
    const test = program();
    expect(await test.load(`import.http "lib" {\n  url = "${url}/a/lib.alloy"\n}\nlib.m "i" { }`)).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: `${url}/a/` });
  });

  it("shows no password of its URL", async () => {
    const url = (await serve(() => ({ status: 200, body: "declare {" }))).replace("://", "://me:s3cr3t@");
    const test = program();
    expect(await test.load(`import.http "lib" {\n  url = "${url}"\n}`)).toEqual([]);
    const circle: string = await serve(() => ({
      status: 200,
      body: `import.http "n" {\n  url = "${circle.replace("://", "://me:s3cr3t@")}"\n}`,
    }));
    expect(await test.load(`import.http "lib" {\n  url = "${circle.replace("://", "://me:s3cr3t@")}"\n}`)).toEqual([]);
    const said = JSON.stringify([test.log, test.runtime.inspect.components()]);
    expect(said).toContain("failed to parse file on update");
    expect(said).toContain("import cycle");
    expect(said).not.toContain("s3cr3t");
  });

  it("does not let the server read files of this machine", async () => {
    const path = join(folder, "own.alloy");
    writeFileSync(path, moduleOf(1));
    const url = await serve(() => ({ status: 200, body: `import.file "own" {\n  filename = "${path}"\n}\n${moduleOf(2)}` }));
    const test = program();
    expect(await test.load(`import.http "lib" {\n  url = "${url}"\n}`)).toEqual([]);
    expect(test.log.map(({ fields }) => fields["err"])).toContain("import.file is not allowed here");
  });
});

/** A repository with a working copy beside it. */
class Repository {
  readonly bare: string = join(folder, "repo.git");
  readonly #work: string = join(folder, "work");

  constructor() {
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", this.bare]);
    mkdirSync(this.#work);
    this.#git("init", "-q", "-b", "main");
  }

  commit(files: Readonly<Record<string, string>>, tag?: string): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(this.#work, name, ".."), { recursive: true });
      writeFileSync(join(this.#work, name), text);
    }
    this.#git("add", ".");
    this.#git("commit", "-q", "-m", "x");
    if (tag !== undefined) this.#git("tag", tag);
    this.#git("push", "-q", "--tags", this.bare, "HEAD:main");
    execFileSync("git", ["update-server-info"], { cwd: this.bare });
  }

  /** What a plain web server answers for a file of `/repo.git`. */
  answer(path: string): ServerAnswer {
    const [, name] = /^\/repo\.git(\/[^?]*)/.exec(path) ?? [];
    const file = join(this.bare, name ?? "nope");
    return existsSync(file) ? { status: 200, body: readFileSync(file) } : { status: 404, body: "" };
  }

  #git(...args: readonly string[]): void {
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: this.#work });
  }
}

/** A module that imports one beside it, whose value is 7 at the tag `v1` and 8 after it. */
function withNeighbour(): Repository {
  const repository = new Repository();
  const inner = 'import.file "n" {\n  filename = file.path_join(module_path, "other/n.alloy")\n}\n';
  const outer = 'declare "m" {\n  n.m "x" { }\n  export "v" {\n    value = n.m.x.v\n  }\n}\n';
  repository.commit({ "modules/a.alloy": inner + outer, "other/n.alloy": moduleOf(7) }, "v1");
  repository.commit({ "other/n.alloy": moduleOf(8) });
  return repository;
}

function gitIsInstalled(): boolean {
  try {
    execFileSync("git", ["--version"]);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!gitIsInstalled())("import.git", () => {
  const block = (repository: string, ...more: readonly string[]): string =>
    `import.git "lib" {\n  repository = "${repository}"\n  path = "modules"\n${more.map((line) => `  ${line}\n`).join("")}}\nlib.m "i" { }\n`;

  it("follows a branch of a repository on this machine", async () => {
    const repository = new Repository();
    repository.commit({ "modules/a.alloy": moduleOf(1) });
    const test = program();
    expect(await test.load(block(repository.bare, 'pull_frequency = "50ms"'))).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 1 });
    test.start();
    repository.commit({ "modules/a.alloy": moduleOf(2) });
    await expect.poll(() => test.exportsOf("lib.m.i"), { timeout: 10_000 }).toEqual({ v: 2 });
  });

  it("stays at a tag, and lets modules import their neighbours", async () => {
    const repository = withNeighbour();
    const test = program();
    expect(await test.load(block(repository.bare, 'revision = "v1"'))).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 7 });
    expect(await test.load(block(repository.bare))).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 8 });
  });

  it("reads over HTTP with a password that nobody else sees", async () => {
    const repository = new Repository();
    repository.commit({ "modules/a.alloy": moduleOf(5) });
    const credentials = `Basic ${Buffer.from("me:s3cr3t").toString("base64")}`;
    const url = await serve(({ url: path = "", headers }) => {
      if (headers.authorization !== credentials) return { status: 401, body: "" };
      return repository.answer(path);
    });
    const auth = (password: string): string => `basic_auth {\n username = "me"\n password = "${password}"\n }`;
    const test = program();
    expect(await test.load(block(`${url}/repo.git`, auth("s3cr3t")))).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 5 });
    const clones = readdirSync(join(folder, "data/import.git.lib"));
    expect(clones).toEqual([expect.stringMatching(/^repo-[0-9a-f]{16}$/)]);
    expect(readFileSync(join(folder, "data/import.git.lib", clones[0] ?? "", ".git/config"), "utf8")).not.toContain("s3cr3t");
    const [refused] = await program().load(block(`${url}/repo.git`, auth("wrong")));
    expect(refused).toContain("Authentication failed");
  });

  it("takes no settings, and runs no programs, that stand in the repository", async () => {
    const repository = new Repository();
    const owned = join(folder, "owned");
    const settings = `[core]\n\tfsmonitor = "touch ${owned}; false"\n`;
    repository.commit({ "modules/a.alloy": moduleOf(1), ".gitconfig": settings, ".config/git/config": settings });
    const test = program();
    expect(await test.load(block(repository.bare, 'pull_frequency = "50ms"'))).toEqual([]);
    test.start();
    repository.commit({ "modules/a.alloy": moduleOf(2) });
    await expect.poll(() => test.exportsOf("lib.m.i"), { timeout: 10_000 }).toEqual({ v: 2 });
    expect(existsSync(owned)).toBe(false);
  });

  it("gives the password to the server of the repository only, however it is written", async () => {
    const repository = new Repository();
    repository.commit({ "modules/a.alloy": moduleOf(5) });
    const password = "s3\\tcr\\\\3t";
    const seen: string[] = [];
    const url = await serve(({ url: path = "", headers }) => {
      const credentials = `Basic ${Buffer.from(`me:${password}`).toString("base64")}`;
      return headers.authorization === credentials ? repository.answer(path) : { status: 401, body: "" };
    });
    const auth = `basic_auth {\n username = "me"\n password = ${JSON.stringify(password)}\n }`;
    const test = program();
    expect(await test.load(block(`${url}/repo.git`, auth))).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 5 });

    const other = await serve(({ headers }) => {
      if (headers.authorization !== undefined) seen.push(headers.authorization);
      return { status: 401, body: "" };
    });
    const redirecting = await serve(({ url: path = "" }) => ({ status: 302, body: "", location: `${other}${path}` }));
    expect(await program().load(block(`${redirecting}/repo.git`, auth))).not.toEqual([]);
    expect(seen).toEqual([]);
  });

  it("goes on with what it had when another revision is refused", async () => {
    const repository = withNeighbour();
    const test = program();
    expect(await test.load(block(repository.bare, 'revision = "v1"'))).toEqual([]);
    test.start();
    await delay(200);
    expect(await test.load(`${block(repository.bare)}lib.nope "i" { }\n`)).not.toEqual([]);
    await delay(500);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 7 });
    expect(await test.load(block(repository.bare))).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 8 });
    // What is not needed any more goes.
    await expect.poll(() => readdirSync(join(folder, "data/import.git.lib")).length, { timeout: 5000 }).toBe(1);
  });

  it("shows no password of its URL", async () => {
    const repository = new Repository();
    repository.commit({ "modules/a.alloy": moduleOf(1) });
    const url = (await serve(({ url: path = "" }) => repository.answer(path))).replace("://", "://me:s3cr3t@");
    const test = program();
    const missing = await test.load(block(`${url}/nope.git`));
    const wrong = await test.load(block(`${url}/repo.git`, 'revision = "nope"'));
    expect([missing, wrong].join()).toMatch(/127.0.0.1:\d+\/nope.git.*no revision "nope" in .*127.0.0.1:\d+\/repo.git/s);
    expect(JSON.stringify([missing, wrong, test.log])).not.toContain("s3cr3t");
  });

  it("stops at once while the server does not answer", async () => {
    const repository = new Repository();
    repository.commit({ "modules/a.alloy": moduleOf(5) });
    let hangs = false;
    let asked = 0;
    const url = await serve(async ({ url: path = "" }) => {
      if (hangs) {
        asked += 1;
        await new Promise(() => {});
      }
      return repository.answer(path);
    });
    const test = program();
    expect(await test.load(block(`${url}/repo.git`, 'pull_frequency = "50ms"'))).toEqual([]);
    hangs = true;
    test.start();
    await expect.poll(() => asked, { timeout: 5000 }).toBe(1);
    const beganAt = performance.now();
    await test.stop();
    expect(performance.now() - beganAt).toBeLessThan(3000);
  });

  it.each([
    ["a revision that moves", 'revision = "HEAD"', 'revision "HEAD" cannot be used'],
    ["an option for a revision", 'revision = "--upload-pack=x"', "must not begin with a dash"],
    ["a revision that does not exist", 'revision = "nope"', 'no revision "nope"'],
    ["a path that leads out", 'path = "../x"', "path must not lead out of the repository"],
  ])("refuses %s", async (_name, attribute, reason) => {
    const repository = new Repository();
    repository.commit({ "modules/a.alloy": moduleOf(1) });
    const config = block(repository.bare, attribute);
    const [problem] = await program().load(attribute.startsWith("path") ? config.replace('  path = "modules"\n', "") : config);
    expect(problem).toContain(reason);
  });

  it("does not follow links out of the repository", async () => {
    const repository = new Repository();
    writeFileSync(join(folder, "outside.alloy"), moduleOf(9));
    repository.commit({ "modules/b.alloy": moduleOf(1) });
    execFileSync("ln", ["-s", join(folder, "outside.alloy"), join(folder, "work/modules/a.alloy")]);
    repository.commit({});
    const test = program();
    await test.load(block(repository.bare));
    expect(test.runtime.inspect.component("lib.m.i")?.exports ?? []).toEqual([]);
  });
});
