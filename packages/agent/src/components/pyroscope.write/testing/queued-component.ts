import { decodePushRequest, Labels } from "@flameline/profile";
import { expect, vi } from "vitest";
import type { Profile } from "../../../component/profile.ts";
import type { ProfileReceiver } from "../../../component/receiver.ts";
import type { RunningComponent } from "../../../component/testing/running-component.ts";
import type { SinkRequest } from "./profile-sink.ts";
import { ProfileSink } from "./profile-sink.ts";

export const quick = 'min_backoff_period = "5ms"\nmax_backoff_period = "40ms"\nremote_timeout = "2s"';

export function pprof(id: string, labels: Readonly<Record<string, string>> = {}, receivedAt = Date.now()): Profile {
  return {
    id,
    labels: Labels.of({ __name__: "process_cpu", service_name: "shop", ...labels }),
    body: { kind: "pprof", data: Buffer.from(`raw ${id}`) },
    receivedAt,
  };
}

export function endpoint(url: string, more = quick): string {
  return `endpoint {\nurl = "${url}"\n${more}\n}\n`;
}

export function append(component: RunningComponent, ...profiles: readonly Profile[]): Promise<void> {
  const { receiver } = component.exports as { readonly receiver: ProfileReceiver };
  return receiver.append(profiles, {});
}

export async function unusedPort(): Promise<number> {
  await using sink = await ProfileSink.start();
  return sink.port;
}

/** `tenant:id` of every profile that a sink was sent with success or without, in order. */
export function ids(requests: readonly SinkRequest[]): readonly string[] {
  return requests.flatMap(({ body, headers }) =>
    decodePushRequest(body).flatMap(({ samples }) => samples.map(({ id }) => `${String(headers["x-scope-orgid"] ?? "")}:${id}`)),
  );
}

/** The accounts of an endpoint; fails when they do not add up. */
export function accounts(component: RunningComponent, url: string): Readonly<Record<string, number>> {
  const value = (name: string): number => component.metric(`flameline_write_${name}{endpoint="${url}"}`) ?? 0;
  const rejected = [...component.metrics.matchAll(/^flameline_write_rejected_profiles_total\{endpoint="([^"]*)",reason="[^"]*"\} (\d+)$/gm)]
    .filter(([, of]) => of === url)
    .reduce((sum, [, , count]) => sum + Number(count), 0);
  const all = {
    accepted: value("accepted_profiles_total"),
    delivered: value("delivered_profiles_total"),
    queued: value("queued_profiles"),
    expired: value("expired_profiles_total"),
    evicted: value("evicted_profiles_total"),
    rejected,
  };
  expect(all.accepted).toBe(all.delivered + all.queued + all.expired + all.evicted + all.rejected);
  return all;
}

export function settled(component: RunningComponent, url: string, expected: Readonly<Record<string, number>>): Promise<void> {
  return vi.waitFor(() => expect(accounts(component, url)).toMatchObject(expected), { timeout: 5000, interval: 10 });
}
