import type { Labels } from "@flameline/profile";

/**
 * What became of profiles at a hop. `received`: a source took them in. `failed`: a source asked for one in vain. `forwarded`: handed on, changed or not. `dropped`: on purpose, by the
 * configuration. `queued`: on disk. `delivered`: a server has them. `retrying`: an attempt failed, more will follow. `rejected`: given up, or refused for
 * good. `expired` and `evicted`: too old for the queue, or no room in it.
 */
export type JourneyStep =
  | "received"
  | "failed"
  | "forwarded"
  | "dropped"
  | "queued"
  | "delivered"
  | "retrying"
  | "rejected"
  | "expired"
  | "evicted";

/** Whose profiles they are, as far as a journey tells them apart. */
export interface JourneySubject {
  /** `service_name`, or the name of the application. */
  readonly service: string;
  /** `__name__`. */
  readonly type: string;
}

/** Of something that was refused before it was known whose it is. */
export const unknownSubject: JourneySubject = { service: "", type: "" };

/** Where one component, or one endpoint of it, says what it did with profiles. Cheap enough for every profile. */
export interface JourneyHop {
  /** `reason` is for people: a server's text, the rule that dropped it. */
  note(step: JourneyStep, subject: Labels | JourneySubject, profiles: number, reason?: string): void;
}

/** Remembers what happened to profiles, hop by hop, in bounded memory. */
export interface Journey {
  /** `part` tells the parts of a component apart, e.g. the endpoints by their URL as it is shown. */
  hop(component: string, part?: string): JourneyHop;
}

export function journeySubject(labels: Labels): JourneySubject {
  const type = labels.get("__name__");
  return { service: labels.get("service_name") || type, type };
}
