/** What tests push themselves, where no SDK is needed for it. */
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { encodeProfile } from "@flameline/profile";
import type { PushMessage } from "./push-service.ts";

/** A small pprof, gzip. */
export const samplePprof: Buffer<ArrayBuffer> = gzipSync(
  encodeProfile({
    sampleTypes: [{ type: "cpu", unit: "nanoseconds" }],
    samples: [{ stack: [{ function: "main", file: "main.ts", line: 3, functionLine: 1 }], values: [1_000_000] }],
    timeMs: Date.now(),
    durationMs: 10_000,
  }),
);

let last = 0;

/** Two series, the first with two profiles, all with ids of their own. */
export function samplePush(): PushMessage {
  const sample = (): PushMessage["series"][number]["samples"][number] => ({ rawProfile: samplePprof, ID: `profile-${(last += 1)}` });
  const labels = (app: string): PushMessage["series"][number]["labels"] => [
    { name: "__name__", value: "process_cpu" },
    { name: "service_name", value: app },
    { name: "path", value: '/ä/{b}="c",d' },
  ];
  return {
    series: [
      { labels: labels("one"), samples: [sample(), sample()] },
      { labels: labels("two"), samples: [sample()] },
    ],
  };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Pushes one profile to the receiver at the port as an SDK does, and gives what it is told. */
export async function ingest(port: number, name: string, body: Uint8Array = samplePprof): Promise<Answer> {
  const query = new URLSearchParams({ name, format: "pprof", from: "1", until: "2" });
  const path = `/ingest?${query.toString()}`;
  // Not fetch(), which has no answer for 407.
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method: "POST" }, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
  return { status: answer.statusCode ?? 0, text: (await text(answer)).trim() };
}
