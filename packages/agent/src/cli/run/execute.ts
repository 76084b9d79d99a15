import { renderDiagnostics } from "@flameline/syntax";
import type { Logger } from "../../component/logger.ts";
import { version } from "../../identity/version.ts";
import { Logging } from "../../log/logging.ts";
import { AdminServer } from "../../server/admin-server.ts";
import { parseListenAddress } from "../../server/listen-address.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { RunFlags, runFlags } from "../flags/run-flags.ts";
import type { Terminal } from "../terminal.ts";
import { ignoredFlags, runFlagProblem } from "./check-flags.ts";
import { Collector } from "./collector.ts";
import type { LoadOutcome } from "./config-loader.ts";
import { listenToSignals } from "./signals.ts";
import { tuneEngine } from "./tune-engine.ts";

/** How long the end of the log may take to be read when the program stops. */
const unreadLogGraceMs = 2000;

/** `run path`: from the start to the signal that ends it. */
export async function executeRun({ values, changed, positionals, terminal }: Invocation<typeof runFlags>): Promise<CommandResult> {
  const [path = ""] = positionals;
  const problem = path === "" ? "path argument not provided" : runFlagProblem(values, changed);
  if (problem !== undefined) return { error: problem };
  tuneEngine();
  const logging = new Logging(terminal.err);
  const log = logging.logger;
  log.info("flameline is starting", { version });
  const ignored = ignoredFlags(changed);
  if (ignored.length > 0) log.warn("these flags have no effect in this program", { flags: ignored.join(",") });
  const result = await runCollector(values, path, logging, terminal);
  logging.endEarly();
  return result;
}

async function runCollector(flags: RunFlags, path: string, logging: Logging, terminal: Terminal): Promise<CommandResult> {
  const log = logging.logger;
  const server = await openServer(flags["server.http.listen-addr"], log.with({ service: "http" }));
  if (server === undefined) return { exit: 1 };
  const created = await createCollector({ flags, path, server, logging });
  if ("error" in created) return created;
  const { collector } = created;
  const stop = new AbortController();
  listenToSignals({ stop: () => stop.abort(), reload: () => void collector.reload() });
  const outcome = await Promise.race([collector.load(), aborted(stop.signal)]);
  if (outcome === undefined) return { exit: 0 };
  if (outcome.kind !== "loaded") {
    logging.endEarly();
    return reportFailedStart(outcome, terminal);
  }
  // Not a line of the log: it is there whatever level is logged.
  for (const { owner, url } of collector.endpoints) terminal.err.write(`hint: ${owner} sends profiles to ${url}\n`);
  const running = collector.run(stop.signal);
  log.info("{^_^} flameline is running");
  await running;
  await leaveUnreadLog(terminal);
  return { exit: 0 };
}

/** A line that nobody reads must not keep the program from ending. Node.js waits for a write that was begun, so only a signal helps. */
async function leaveUnreadLog({ err }: Terminal): Promise<void> {
  if (!(await err.flushWithin(unreadLogGraceMs))) process.kill(process.pid, "SIGKILL");
}

/** The port is opened before anything else, so that probes get an answer during a long first load. */
async function openServer(address: string, log: Logger): Promise<AdminServer | undefined> {
  try {
    return await AdminServer.open(parseListenAddress(address), log);
  } catch (error) {
    log.error(`failed to listen on ${address}`, { err: asError(error) });
    return undefined;
  }
}

async function createCollector(
  options: Parameters<typeof Collector.create>[0],
): Promise<{ readonly collector: Collector } | { readonly error: string }> {
  try {
    return { collector: await Collector.create(options) };
  } catch (error) {
    return { error: asError(error).message };
  }
}

function reportFailedStart(outcome: Exclude<LoadOutcome, { kind: "loaded" }>, terminal: Terminal): CommandResult {
  if (outcome.kind === "unreadable") return { error: outcome.text };
  terminal.err.write(renderDiagnostics(outcome.diagnostics, { color: terminal.color }));
  terminal.out.write("\n");
  return { error: "could not perform the initial load successfully" };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
