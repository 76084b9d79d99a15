import { Source } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
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
