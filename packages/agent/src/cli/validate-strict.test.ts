import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Source } from "@flameline/syntax";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { validate } from "../runtime/index.ts";
import { graphOptions } from "./configuration.ts";

const options = graphOptions({
  "stability.level": "experimental",
  "feature.community-components.enabled": false,
  "config.format": "alloy",
  "config.bypass-conversion-errors": false,
  "config.extra-args": "",
});

/** `line: message` of each finding. */
async function findings(config: string): Promise<readonly string[]> {
  const source = new Source("config.alloy", config);
  expect(await validate([source], options)).toEqual([]);
  const found = await validate([source], options, { strict: true });
  expect(found.every(({ severity }) => severity === "warning")).toBe(true);
  return found.map(({ range, message }) => `${source.position(range?.start ?? 0).line}: ${message}`);
}

const write = 'pyroscope.write "w" {\n  endpoint {\n    url = "http://127.0.0.1:4041"\n  }\n}\n';
const scrape = (targets: string): string =>
  `pyroscope.scrape "s" {\n  targets = ${targets}\n  forward_to = [pyroscope.write.w.receiver]\n}\n`;
const good = '[{"__address__" = "a:1", "service_name" = "a"}]';

describe("validate --strict", () => {
  it("has nothing to say about what is as it should be", async () => {
    expect(await findings(write + scrape(good))).toEqual([]);
    expect(await findings(`${write}${scrape("discovery.relabel.r.output")}discovery.relabel "r" {\n  targets = ${good}\n}\n`)).toEqual([]);
  });

  it("names what nothing uses", async () => {
    const config = `${write}${scrape(good)}pyroscope.relabel "r" {
  forward_to = [pyroscope.write.w.receiver]
}
declare "unused" { }
declare "used" {
  argument "given" { }
  argument "taken" { }
  export "v" {
    value = argument.taken.value
  }
}
used "u" {
  given = 1
  taken = 2
}
import.string "lib" {
  content = ""
}
`;
    expect(await findings(config)).toEqual([
      "15: nothing uses argument.given",
      "10: nothing uses pyroscope.relabel.r",
      "13: nothing uses declare.unused",
      "25: nothing uses import.string.lib",
    ]);
  });

  it("sees uses inside modules and templates of foreach", async () => {
    const config = `${write}foreach "f" {
  collection = [1]
  var = "i"
  template {
    d "x" { }
    pyroscope.scrape "s" {
      targets = [{"__address__" = "a:1", "service_name" = i}]
      forward_to = [pyroscope.write.w.receiver]
    }
  }
}
declare "d" { }
`;
    expect(await findings(config)).toEqual([]);
  });

  it("names targets that lead nowhere", async () => {
    expect(await findings(write + scrape("[]"))).toEqual(["7: pyroscope.scrape.s gets no targets"]);
    expect(await findings(write + scrape('[{"service_name" = "a"}]'))).toEqual([
      "7: 1 of 1 targets can never match: pyroscope.scrape.s needs __address__",
    ]);
    const keep = (regex: string): string =>
      `discovery.relabel "r" {\n  targets = ${good}\n  rule {\n    source_labels = ["service_name"]\n    regex = "${regex}"\n    action = "keep"\n  }\n}\n`;
    expect(await findings(write + scrape("discovery.relabel.r.output") + keep("b"))).toEqual([
      "7: pyroscope.scrape.s gets no targets",
      "11: the rules of discovery.relabel.r let none of its targets pass",
    ]);
    expect(await findings(write + scrape("discovery.relabel.r.output") + keep("a"))).toEqual([]);
    expect(await findings(write + scrape("array.concat(discovery.relabel.r.output)") + keep("a"))).toEqual([]);
  });

  it("names targets without service_name", async () => {
    expect(await findings(write + scrape('[{"__address__" = "a:1"}, {"__address__" = "b:1", "service_name" = "b"}]'))).toEqual([
      '7: 1 of 2 targets have no service_name: their profiles are filed under "unspecified"',
    ]);
  });

  it("finds secrets in plain text", async () => {
    const endpoint = (...lines: readonly string[]): string =>
      `pyroscope.write "w" {\n  endpoint {\n${lines.map((line) => `    ${line}\n`).join("")}  }\n}\n${scrape(good)}`;
    const hint = "is a secret in plain text: take it from sys.env, local.file with is_secret, or remote.kubernetes.secret";
    expect(await findings(endpoint('url = "https://me:pass@host"', 'bearer_token = "abc"'))).toEqual([
      `3: url ${hint}`,
      `4: bearer_token ${hint}`,
    ]);
    expect(await findings(endpoint('url = "https://host"', 'bearer_token = sys.env("TOKEN")'))).toEqual([]);
    expect(
      await findings(endpoint('url = "https://host"', "basic_auth {", '  username = "u"', '  password = "p" + sys.env("X")', "}")),
    ).toEqual([`6: password ${hint}`]);
  });
});

describe("validate --strict of imports", () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  beforeEach(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), "strict-"));
  });
  afterEach(() => folder[Symbol.asyncDispose]());
  const put = (name: string, text: string): Promise<void> => writeFile(join(folder.path, name), text);
  /** `file:line: message` of each finding. */
  const look = async (config: string): Promise<readonly string[]> => {
    const sources = [new Source("config.alloy", config)];
    expect(await validate(sources, options)).toEqual([]);
    const found = await validate(sources, options, { strict: true, modulePath: folder.path });
    return found.map(({ source, range, message }) => {
      const line = source?.position(range?.start ?? 0).line;
      return `${source?.name}:${line}: ${message}`.replaceAll(`${folder.path}/`, "");
    });
  };
  const file = (label: string, name: string): string =>
    `import.file "${label}" {\n  filename = file.path_join(module_path, "${name}")\n}\n`;

  it("sees what is wrong inside, and wrong uses", async () => {
    await put(
      "lib.alloy",
      `declare "d" {\n  argument "a" { }\n  export "v" {\n    value = argument.a.value\n  }\n}\ndeclare "bad" {\n  nope "x" { }\n}\n`,
    );
    expect(await look(`${file("lib", "lib.alloy")}lib.d "x" { }\nlib.none "y" { }\n`)).toEqual([
      'lib.alloy:8: cannot find the definition of component name "nope"',
      'config.alloy:4: missing required attribute "a"',
    ]);
    await put(
      "lib.alloy",
      `declare "d" {\n  argument "a" { }\n  export "v" {\n    value = argument.a.value\n  }\n}\ndeclare "unused" { }\n`,
    );
    expect(await look(`${file("lib", "lib.alloy")}lib.d "x" {\n  a = 1\n}\nlib.none "y" { }\n`)).toEqual([
      'config.alloy:7: the import "lib" has no declare "none"',
    ]);
    expect(await look(`${file("lib", "lib.alloy")}lib.d "x" {\n  a = lib.d.y.w\n}\nlib.d "y" {\n  a = 1\n}\n`)).toEqual([
      'config.alloy:5: field "w" does not exist',
    ]);
    expect(await look(`${file("lib", "lib.alloy")}lib.d "x" {\n  a = 1\n}\n`)).toEqual([]);
  });

  it("looks into folders, texts, and imports of imports, and finds circles", async () => {
    await mkdir(join(folder.path, "lib"));
    await put("lib/a.alloy", `${file("b", "../other.alloy")}declare "a" {\n  b.b "x" { }\n}\n`);
    await put("other.alloy", `declare "b" {\n  testing {\n`);
    const config = `${file("lib", "lib")}lib.a "x" { }\nimport.string "text" {\n  content = "logging { }"\n}\ntext.t "x" { }\n`;
    expect(await look(config)).toEqual([
      expect.stringMatching(/^lib\/\.\.\/other\.alloy|other\.alloy:\d: /),
      "content:1: only declare and import blocks are allowed in a module, got logging",
    ]);
    await put("other.alloy", `${file("back", "lib")}declare "b" { }\n`);
    expect(await look(`${file("lib", "lib")}lib.a "x" { }\n`)).toEqual([expect.stringContaining("import cycle: ")]);
  });

  it("says what cannot be read, and leaves alone what it cannot know", async () => {
    expect(await look(`${file("lib", "none.alloy")}lib.d "x" { }\n`)).toEqual([
      "config.alloy:1: failed to read file: stat none.alloy: no such file or directory",
    ]);
    const remote = 'local.file "f" {\n  filename = "/none"\n}\nimport.string "s" {\n  content = local.file.f.content\n}\ns.d "x" { }\n';
    const http = 'import.http "h" {\n  url = "http://127.0.0.1:1/x"\n}\nh.d "x" { }\n';
    expect(await look(remote + http)).toEqual([]);
  });
});
