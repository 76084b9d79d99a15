import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { earlyRecordLimit, Logging } from "./logging.ts";
import { OutputQueue } from "./output-queue.ts";

class Lines {
  lines: string[] = [];

  offer(line: string): void {
    this.lines.push(line.replace(/^ts=\S+ /, ""));
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

  it("writes or counts every line, however long nothing is written", async () => {
    const folder = mkdtempSync(join(tmpdir(), "logging-"));
    const file = join(folder, "log");
    const queue = new OutputQueue(openSync(file, "w"), 1000);
    const logging = new Logging(queue);
    logging.configure({ level: "info", format: "logfmt" });
    for (let at = 0; at < 300; at += 1) logging.logger.info("again");
    await queue.flush();
    logging.logger.info("again");
    await queue.flush();
    const text = readFileSync(file, "utf8");
    rmSync(folder, { recursive: true });
    const counted = [...text.matchAll(/ lines=(\d+)$/gm)].map(([, lines]) => Number(lines));
    expect(counted).toHaveLength(1);
    expect((counted[0] ?? 0) + text.split("msg=again").length - 1).toBe(301);
  });

  it("tells in the form of the log how many lines were dropped", () => {
    const notices: string[] = [];
    const logging = new Logging({ offer: (_, notice) => notices.push(notice(7)) });
    logging.configure({ level: "info", format: "logfmt" });
    logging.logger.info("again");
    const text = 'level=warn msg="log lines were dropped because nothing read them" lines=7\n';
    expect(notices).toEqual([expect.stringMatching(new RegExp(`^ts=\\S+ ${text}$`))]);
  });
});
