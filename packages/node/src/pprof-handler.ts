import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { encodeProfile } from "@flameline/profile";
import { recordCpuProfile } from "./cpu-profiler.ts";
import type { HeapMode } from "./heap-sampler.ts";
import { HeapSampler, HeapSamplerBusy } from "./heap-sampler.ts";

export interface PprofHandlerOptions {
  /** Where the endpoints stand, `/debug/pprof` as in Go. */
  readonly prefix?: string;
  readonly heapSampler?: HeapSampler;
  /** CPU recordings at the same time; more are refused with 503. */
  readonly maxRecordings?: number;
}

export type PprofHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const defaultSeconds = 30;
const maxSeconds = 300;

/** What Go serves and a Node.js process has no honest equivalent of. */
const unavailable: Readonly<Record<string, string>> = {
  goroutine: "Node.js has no goroutines; a waiting promise has no stack",
  block: "JavaScript does not block on synchronization primitives; see the CPU profile for what keeps the event loop busy",
  mutex: "JavaScript has no contended locks whose holder could be named",
  threadcreate: "stacks that create threads are not recorded",
  trace: "execution traces in Go's format do not exist for Node.js",
  symbol: "profiles are symbolized already",
};

/**
 * Serves `/debug/pprof/*` for this process: `profile?seconds=N` (CPU), `heap` (live objects), `allocs` (all allocations since the first request), `cmdline`.
 * What cannot be told truthfully answers 404 with the reason; `heap` and `allocs` exclude each other and the one that has to wait answers 503.
 */
export function createPprofHandler(options: PprofHandlerOptions = {}): PprofHandler {
  const { prefix = "/debug/pprof", heapSampler = new HeapSampler(), maxRecordings = 4 } = options;
  let recordings = 0;

  async function cpu(seconds: number, response: ServerResponse): Promise<void> {
    if (recordings >= maxRecordings) {
      refuse(response, 503, `${maxRecordings} CPU recordings are running already`);
      return;
    }
    recordings += 1;
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    response.once("close", abort);
    try {
      const profile = await recordCpuProfile({ seconds, signal: gone.signal });
      if (!gone.signal.aborted) await sendProfile(response, "profile", encodeProfile(profile));
    } finally {
      response.off("close", abort);
      recordings -= 1;
    }
  }

  async function heap(name: string, mode: HeapMode, response: ServerResponse): Promise<void> {
    try {
      await sendProfile(response, name, encodeProfile(await heapSampler.read(mode)));
    } catch (error) {
      if (!(error instanceof HeapSamplerBusy)) throw error;
      response.setHeader("retry-after", Math.ceil(error.retryAfterSeconds));
      refuse(response, 503, error.message);
    }
  }

  return async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const name = url.pathname.slice(prefix.length).replace(/^\//, "");
    const seconds = secondsOf(url.searchParams.get("seconds"));
    if (seconds === undefined) refuse(response, 400, `seconds must be a number from 1 to ${maxSeconds}`);
    else if (name === "") sendText(response, 200, indexPage(prefix));
    else if (name === "cmdline") sendText(response, 200, process.argv.join("\0"));
    else if (name === "profile") await cpu(seconds, response);
    else if (name === "heap") await heap(name, "inuse", response);
    else if (name === "allocs") await heap(name, "allocs", response);
    else refuse(response, 404, unavailable[name] ?? `no profile named ${JSON.stringify(name)}`);
  };
}

function secondsOf(text: string | null): number | undefined {
  if (text === null || text === "") return defaultSeconds;
  const seconds = Number(text);
  return seconds > 0 && seconds <= maxSeconds ? seconds : undefined;
}

const compress = promisify(gzip);

async function sendProfile(response: ServerResponse, name: string, profile: Uint8Array): Promise<void> {
  const body = await compress(profile, { level: 1 });
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="${name}"`,
    "content-length": body.length,
    "x-content-type-options": "nosniff",
  });
  response.end(body);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
  response.end(text);
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  sendText(response, status, `${reason}\n`);
}

function indexPage(prefix: string): string {
  return `Profiles of this Node.js process, in pprof format:

${prefix}/profile?seconds=N  CPU time of the JavaScript thread by stack, of all other threads in one frame (N defaults to ${defaultSeconds})
${prefix}/heap               live objects by the stack that allocated them, since the first request
${prefix}/allocs             all allocations by stack, since the first request
${prefix}/cmdline            the command line, arguments separated by NUL

heap and allocs exclude each other: V8 has one heap sampler. block, goroutine and mutex do not exist here.
`;
}
