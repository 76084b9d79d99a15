import { describe, expect, it } from "vitest";
import { hintForUnknown } from "./component-hints.ts";

const known = ["pyroscope.scrape", "pyroscope.write", "discovery.http"];

describe("hintForUnknown()", () => {
  it("names the other signal of a component of the reference", () => {
    expect(hintForUnknown("prometheus.remote_write", known)).toMatch(
      /^prometheus\.remote_write handles metrics; this program runs profiling pipelines/,
    );
    expect(hintForUnknown("otelcol.receiver.otlp", known)).toContain("OpenTelemetry data");
  });

  it("finds what may have been meant", () => {
    expect(hintForUnknown("pyroscope.scrap", known)).toBe('did you mean "pyroscope.scrape"?');
    expect(hintForUnknown("pyrscope.wirte", known)).toBe('did you mean "pyroscope.write"?');
  });

  it("keeps quiet about names that are like none", () => {
    expect(hintForUnknown("foo", known)).toBeUndefined();
    expect(hintForUnknown("pyroscope.java", known)).toBeUndefined();
    expect(hintForUnknown("constructor", known)).toBeUndefined();
  });
});
