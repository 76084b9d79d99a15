import type { ServerResponse } from "node:http";
import { type Answer, Origin, type SeenRequest } from "../../http/testing/origin.ts";

/** One answer of an API server to a list or watch. */
export type Step = (response: ServerResponse, request: SeenRequest) => void;

/** An API server that gives one answer after the other, for what no real one can be made to do. The last one is repeated. */
export async function scriptedApi(...steps: readonly Step[]): Promise<Origin> {
  let at = 0;
  const answer: Answer = (request, response) => {
    const step = steps[Math.min(at, steps.length - 1)];
    at += 1;
    step?.(response, request);
  };
  return Origin.start(answer);
}

/** A pod as it is listed; its uid is the same for all. */
export function pod(name: string, version = "1", ip = "10.0.0.1"): object {
  return {
    metadata: { name, namespace: "ns", uid: "the-same", resourceVersion: version },
    spec: { containers: [{ name: "c", image: "i" }] },
    status: { podIP: ip, phase: "Running" },
  };
}

export function list(version: string, items: readonly object[], next?: string): Step {
  return (response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ kind: "PodList", metadata: { resourceVersion: version, continue: next }, items }));
  };
}

/** Sends events, and leaves the watch open. */
export function events(...sent: readonly object[]): Step {
  return (response) => {
    response.flushHeaders();
    for (const event of sent) response.write(`${JSON.stringify(event)}\n`);
  };
}

/** Sends some bytes as they are, and ends. */
export function bytes(text: string): Step {
  return (response) => response.end(text);
}

/** An error as API servers say it. */
export function refusal(code: number, message: string, headers: Readonly<Record<string, string>> = {}): Step {
  return (response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ kind: "Status", status: "Failure", message, code }));
  };
}
