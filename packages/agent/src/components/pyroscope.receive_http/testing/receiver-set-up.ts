import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { encodePushRequest, Labels } from "@flameline/profile";
import type { Profile } from "../../../component/profile.ts";
import type { JourneyHop, JourneyStep } from "../../../component/journey.ts";
import { DeliveryError } from "../../../component/receiver.ts";
import { RecordingReceiver } from "../../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../../component/testing/running-component.ts";
import { pyroscopeReceiveHttp } from "../component.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Sent {
  readonly path: string;
  readonly method?: string;
  /** Name, value, name, value … */
  readonly headers?: readonly string[];
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
}

export async function send(port: number, { path, method = "POST", headers = [], body = "", signal }: Sent): Promise<Answer> {
  const own = ["host", `127.0.0.1:${port}`, "content-length", String(Buffer.byteLength(body))];
  const outgoing = request({ port, path, method, headers: [...own, ...headers], ...(signal && { signal }), agent: false });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  const chunks = await incoming.toArray();
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) };
}

/** What a component said in the journey: step, service, profiles and reason. */
export type Note = readonly [step: JourneyStep, service: string, profiles: number, reason: string];

export interface SetUp extends AsyncDisposable {
  readonly notes: readonly Note[];
  readonly component: RunningComponent;
  readonly receivers: readonly RecordingReceiver[];
  readonly port: number;
}

/** A receiver on a free port in front of as many recording receivers. */
export async function setUp(count = 1, http = ""): Promise<SetUp> {
  const receivers = Array.from({ length: count }, () => new RecordingReceiver());
  const names = Object.fromEntries(receivers.map((receiver, index) => [`r${index}`, receiver]));
  const body = bodyOf(Object.keys(names), http);
  const notes: Note[] = [];
  const hop: JourneyHop = {
    note: (step, subject, profiles, reason = "") => {
      notes.push([step, "service" in subject ? subject.service : subject.get("service_name"), profiles, reason]);
    },
  };
  const services = { journey: { hop: () => hop } };
  const component = await RunningComponent.start(pyroscopeReceiveHttp, body, { receivers: names, services });
  return { component, receivers, notes, port: portOf(component), [Symbol.asyncDispose]: () => component[Symbol.asyncDispose]() };
}

export function bodyOf(names: readonly string[], http = ""): string {
  return `forward_to = [${names.join(", ")}]\nhttp {\nlisten_address = "127.0.0.1"\nlisten_port = 0\n${http}\n}\n`;
}

export function portOf(component: RunningComponent): number {
  return Number(component.log.lines.find(({ message }) => message === "starting server")?.fields["port"]);
}

export function ingestUrl(name: string, more = ""): string {
  return `/ingest?name=${encodeURIComponent(name)}${more}`;
}

export const pushPath = "/push.v1.PusherService/Push";
export const proto = ["content-type", "application/proto"];

export function pushBody(
  ...series: readonly (readonly [Readonly<Record<string, string>>, ...(readonly [id: string, raw: string])[]])[]
): Uint8Array {
  return Buffer.concat(
    encodePushRequest(
      series.map(([labels, ...samples]) => ({
        labels: Labels.of(labels),
        samples: samples.map(([id, raw]) => ({ id, raw: Buffer.from(raw) })),
      })),
    ),
  );
}

export function shown({ id, labels, body }: Profile): unknown {
  return { id, labels: labels.toRecord(), data: Buffer.from(body.data).toString() };
}

export const refusal = new DeliveryError("refused: bad labels", { code: "invalid_argument", retryable: false, status: 422 });
export const outage = new DeliveryError("no answer", { code: "unavailable", retryable: true });

export function failWith(error: Error): () => void {
  return () => {
    throw error;
  };
}
