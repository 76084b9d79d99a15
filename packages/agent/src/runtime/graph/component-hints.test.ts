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

  it("names the way for what asks a cloud or a vault", () => {
    expect(hintForUnknown("discovery.ec2", known)).toBe(
      "discovery.ec2 is not part of this program; have the targets listed in a file for discovery.file, or by a server for discovery.http",
    );
    expect(hintForUnknown("remote.vault", known)).toContain("local.file");
    expect(hintForUnknown("discovery.htt", known)).toBe('did you mean "discovery.http"?');
  });

  it("says what is still to be built", () => {
    expect(hintForUnknown("pyroscope.java", known)).toContain("not part of this program yet");
  });

  it("finds what may have been meant", () => {
    expect(hintForUnknown("pyroscope.scrap", known)).toBe('did you mean "pyroscope.scrape"?');
    expect(hintForUnknown("pyrscope.wirte", known)).toBe('did you mean "pyroscope.write"?');
  });

  it("keeps quiet about names that are like none", () => {
    expect(hintForUnknown("foo", known)).toBeUndefined();
    expect(hintForUnknown("constructor", known)).toBeUndefined();
  });
});
