import { describe, expect, it } from "vitest";
import { earlyRecordLimit, Logging } from "./logging.ts";

class Lines {
  lines: string[] = [];
  dropped = 0;

  offer(line: string): void {
    this.lines.push(line.replace(/^ts=\S+ /, ""));
  }

  takeDropped(): number {
    const { dropped } = this;
    this.dropped = 0;
    return dropped;
  }
}

describe("Logging", () => {
  it("keeps records until it is configured, then writes them with those settings", () => {
    const sink = new Lines();
    const logging = new Logging(sink);
    logging.logger.info("early");
    logging.logger.debug("early detail");
    expect(sink.lines).toEqual([]);
    logging.configure({ level: "debug", format: "logfmt" });
    logging.logger.error("late");
    expect(sink.lines).toEqual(["level=info msg=early\n", 'level=debug msg="early detail"\n', "level=error msg=late\n"]);
  });

  it("puts attached fields before those of the line, in the order of attaching", () => {
    const sink = new Lines();
    const logging = new Logging(sink);
    logging.configure({ level: "info", format: "logfmt" });
    logging.logger.with({ b: 1 }).with({ a: 2, gone: undefined }).warn("m", { c: 3, none: undefined });
    expect(sink.lines).toEqual(["level=warn msg=m b=1 a=2 c=3\n"]);
  });

  it("follows a new level and format at once, in loggers made before", () => {
    const sink = new Lines();
    const logging = new Logging(sink);
    const logger = logging.logger.with({ k: 1 });
    logging.configure({ level: "warn", format: "logfmt" });
    logger.info("hidden");
    expect(logger.enabled("info")).toBe(false);
    logging.configure({ level: "info", format: "json" });
    logger.info("shown");
    expect(sink.lines.map((line) => line.replace(/"ts":"[^"]*",/, ""))).toEqual(['{"level":"info","msg":"shown","k":1}\n']);
  });

  it("writes only complaints when it ends before it was configured", () => {
    const sink = new Lines();
    const logging = new Logging(sink);
    logging.logger.info("starting");
    logging.logger.warn("careful");
    logging.endEarly();
    expect(sink.lines).toEqual(["level=warn msg=careful\n"]);
  });

  it("does not keep early records without limit", () => {
    const sink = new Lines();
    const logging = new Logging(sink);
    for (let at = 0; at < earlyRecordLimit; at += 1) logging.logger.info("again");
    expect(sink.lines).toHaveLength(earlyRecordLimit);
  });

  it("tells how many lines were dropped", () => {
    const sink = new Lines();
    const logging = new Logging(sink);
    logging.configure({ level: "info", format: "logfmt" });
    sink.dropped = 7;
    logging.logger.info("again");
    expect(sink.lines).toEqual(['level=warn msg="log lines were dropped because nothing read them" lines=7\n', "level=info msg=again\n"]);
  });
});
