import { describe, expect, it } from "vitest";
import { flag } from "./flag.ts";
import { boolean, duration, integer, stability, text, texts } from "./flag-types.ts";
import { parseFlags } from "./parse-flags.ts";
import { runFlags } from "./run-flags.ts";

const flags = {
  on: flag(boolean, { default: false, short: "o", doc: "" }),
  off: flag(boolean, { default: true, doc: "" }),
  name: flag(text, { default: "x", short: "n", doc: "" }),
  size: flag(integer, { default: 5, doc: "" }),
  wait: flag(duration, { default: 60_000, doc: "" }),
  items: flag(texts, { default: ["a", "b"], doc: "" }),
  "stability.level": flag(stability, { default: "generally-available", doc: "" }),
};
const defaults = { on: false, off: true, name: "x", size: 5, wait: 60_000, items: ["a", "b"], "stability.level": "generally-available" };

describe("parseFlags()", () => {
  it.each<[string[], object, string[]]>([
    [[], {}, []],
    [["a", "b"], {}, ["a", "b"]],
    [["--on"], { on: true }, []],
    [["--on=false", "--off=0"], { off: false }, []],
    [["--on", "false"], { on: true }, ["false"]],
    [["-o", "path"], { on: true }, ["path"]],
    [["--name=y"], { name: "y" }, []],
    [["--name", "y", "path"], { name: "y" }, ["path"]],
    [["--name="], { name: "" }, []],
    [["--name", "--on"], { name: "--on" }, []],
    [["--name=a=b"], { name: "a=b" }, []],
    [["-n", "y"], { name: "y" }, []],
    [["-ny"], { name: "y" }, []],
    [["--size", "-3"], { size: -3 }, []],
    [["--wait=1h30m", "path"], { wait: 5_400_000 }, ["path"]],
    [["--wait=0"], { wait: 0 }, []],
    [["--items=c,d", "path"], { items: ["c", "d"] }, ["path"]],
    [["--items="], { items: [] }, []],
    [["path", "--on"], { on: true }, ["path"]],
    [["--name=y", "--name=z"], { name: "z" }, []],
    [["--", "--on"], {}, ["--on"]],
    [["-"], {}, ["-"]],
    [["--stability.level=experimental"], { "stability.level": "experimental" }, []],
  ])("reads %j", (args, values, positionals) => {
    expect(parseFlags(flags, args)).toMatchObject({ values: { ...defaults, ...values }, positionals, help: false });
  });

  it.each([
    [["--nope"], "unknown flag: --nope"],
    [["--nope=1"], "unknown flag: --nope"],
    [["--toString"], "unknown flag: --toString"],
    [["-x"], "unknown shorthand flag: 'x' in -x"],
    [["--name"], "flag needs an argument: --name"],
    [["--on=maybe"], 'invalid argument "maybe" for "-o, --on" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
    [["--size=a"], 'invalid argument "a" for "--size" flag: strconv.ParseInt: parsing "a": invalid syntax'],
    [
      ["--size=99999999999999999999"],
      'invalid argument "99999999999999999999" for "--size" flag: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    [["--wait=5"], 'invalid argument "5" for "--wait" flag: time: missing unit in duration "5"'],
    [["--stability.level=x"], 'invalid argument "x" for "--stability.level" flag: invalid stability level "x"'],
    [["--nope", "--help"], "unknown flag: --nope"],
  ])("refuses %j", (args, problem) => {
    expect(parseFlags(flags, args)).toEqual({ problem });
  });

  it("stops at --help and -h", () => {
    for (const word of ["--help", "-h"]) expect(parseFlags(flags, ["--on", word, "--nope"])).toMatchObject({ help: true });
  });

  it("tells which flags were given with another value than their default", () => {
    expect(parseFlags(flags, ["--size=5", "--on", "--items=a,b", "--wait=1m", "--name=y"])).toMatchObject({ changed: ["on", "name"] });
  });
});

it("runFlags have names and defaults of the reference", () => {
  const parsed = parseFlags(runFlags, ["config.alloy"]);
  expect(parsed).toMatchObject({
    values: {
      "server.http.listen-addr": "127.0.0.1:12345",
      "server.http.ui-path-prefix": "/",
      "storage.path": "data-alloy/",
      "feature.component-shutdown-deadline": 600_000,
      "cluster.enabled": false,
      "cluster.max-join-peers": 5,
      "queue.enabled": true,
    },
    changed: [],
  });
});
