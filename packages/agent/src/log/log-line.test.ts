import { textFromBytes } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import type { LogValue } from "../component/logger.ts";
import { LogDuration } from "../component/logger.ts";
import { formatJson } from "./json-line.ts";
import { formatLogfmt } from "./logfmt.ts";
import type { LogRecord } from "./record.ts";

const time = Date.UTC(2026, 0, 2, 3, 4, 5, 120);

function record(value: LogValue, key = "k"): LogRecord {
  return { time, level: "info", message: "m", fields: [[key, value]] };
}

const fieldInLogfmt = (value: LogValue): string => formatLogfmt(record(value)).replace(/^.*? k=/s, "");

describe("formatLogfmt()", () => {
  it("writes ts, level, msg and the fields in their order", () => {
    const fields = [
      ["b", 1],
      ["a", "x"],
    ] as const;
    expect(formatLogfmt({ time, level: "warn", message: "two words", fields })).toBe(
      'ts=2026-01-02T03:04:05.12Z level=warn msg="two words" b=1 a=x',
    );
  });

  it("leaves out an empty message", () => {
    expect(formatLogfmt({ time, level: "info", message: "", fields: [] })).toBe("ts=2026-01-02T03:04:05.12Z level=info");
  });

  it.each([
    ["plain", "plain"],
    ["", '""'],
    ["a b", '"a b"'],
    ["a=b", '"a=b"'],
    ['a"b', '"a\\"b"'],
    ["a\\b", "a\\b"],
    ["a\\ b", '"a\\\\ b"'],
    ["a\nb", '"a\\nb"'],
    ["\u{7}", '"\\a"'],
    ["http://h:1/?q", "http://h:1/?q"],
    ["grün→€😀", "grün→€😀"],
    ["a\u{a0}b", '"a\\u00a0b"'],
    ["\u{200b}", '"\\u200b"'],
    [textFromBytes(Uint8Array.of(0x61, 0xff)), '"a\\xff"'],
    ["{^_^}", "{^_^}"],
  ])("quotes %j as Go does where it must", (value, shown) => {
    expect(fieldInLogfmt(value)).toBe(shown);
  });

  it.each<[LogValue, string]>([
    [1.5, "1.5"],
    [12n, "12"],
    [true, "true"],
    [null, "null"],
    [new Error("went wrong"), '"went wrong"'],
    [new LogDuration(1.234), "1.234ms"],
  ])("writes %o as text", (value, shown) => {
    expect(fieldInLogfmt(value)).toBe(shown);
  });

  it("makes keys that can be read back", () => {
    expect(formatLogfmt(record("x", 'a b="c\t'))).toMatch(/ a_b__c_=x$/);
  });
});

describe("formatJson()", () => {
  it("writes the same order, with numbers and durations as numbers", () => {
    const fields = [
      ["n", 1.5],
      ["d", new LogDuration(1.234)],
      ["e", new Error("<&>")],
      ["z", null],
      ["big", 2n ** 60n],
      ["f", false],
    ] as const;
    expect(formatJson({ time, level: "error", message: "m", fields })).toBe(
      '{"ts":"2026-01-02T03:04:05.12Z","level":"error","msg":"m","n":1.5,"d":1234000,"e":"<&>","z":null,"big":1152921504606846976,"f":false}',
    );
  });

  it.each<LogValue>(['quote " and \\', "line\nbreak", Number.NaN, textFromBytes(Uint8Array.of(0xff)), ""])("stays JSON for %j", (value) => {
    const parsed = JSON.parse(formatJson(record(value))) as Record<string, unknown>;
    expect(parsed["k"]).toBe(typeof value === "string" ? value.toWellFormed() : "NaN");
  });
});
