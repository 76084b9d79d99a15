import { Labels } from "@flameline/profile";
import type { Journey, JourneyHop, JourneyStep, JourneySubject } from "../../component/index.ts";
import { journeySubject } from "../../component/index.ts";
import type { JourneyTrail } from "./trail.ts";
import { Trail } from "./trail.ts";

/** How many subjects (service and profile type) are remembered. When there are more, those of whom nothing was heard for longest are forgotten. */
export const maxTrails = 2000;

/** How many of the latest losses and failures are kept one by one. */
export const maxIncidents = 1000;

/** Longest reason, and longest name of a service or a type, that is kept, in characters. */
const maxTextLength = 500;

/** A loss or a failure. */
export interface JourneyIncident extends JourneySubject {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly component: string;
  readonly part: string;
  readonly step: JourneyStep;
  readonly profiles: number;
  readonly reason: string;
}

const incidental: ReadonlySet<JourneyStep> = new Set<JourneyStep>(["failed", "retrying", "rejected", "expired", "evicted"]);

/**
 * What happened to the profiles of each service and type, hop by hop: a count, a time and the latest reason for each step, and the latest incidents one by
 * one. At most {@link maxTrails} trails with a step for each hop of the configuration and of those before it (200 at most), usually 1 KB each,
 * and {@link maxIncidents} incidents.
 */
export class Journeys implements Journey {
  readonly #trails = new Map<string, Trail>();
  /** A ring: the next incident replaces the oldest. */
  readonly #incidents: JourneyIncident[] = [];
  #nextIncident = 0;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  hop(component: string, part = ""): JourneyHop {
    const known = new WeakMap<Labels, Trail>();
    return {
      note: (step, subject, profiles, reason = "") => {
        const trail = this.#trailOf(subject, known);
        const at = this.#now();
        const text = shortened(reason);
        trail.note(component, part, step, profiles, at, text);
        if (incidental.has(step))
          this.#addIncident({ at, component, part, step, profiles, reason: text, service: trail.service, type: trail.type });
      },
    };
  }

  /** The trails of a service, or all of them. */
  trails(service?: string): readonly JourneyTrail[] {
    const known = service === undefined ? undefined : shortened(service);
    return [...this.#trails.values()].filter((trail) => known === undefined || trail.service === known).map((trail) => trail.toJSON());
  }

  /** The latest first. */
  incidents(service?: string): readonly JourneyIncident[] {
    const ordered = [...this.#incidents.slice(this.#nextIncident), ...this.#incidents.slice(0, this.#nextIncident)].reverse();
    return service === undefined ? ordered : ordered.filter((incident) => incident.service === shortened(service));
  }

  #trailOf(subject: Labels | JourneySubject, known: WeakMap<Labels, Trail>): Trail {
    if (!(subject instanceof Labels)) return this.#find(subject);
    const cached = known.get(subject);
    if (cached !== undefined && !cached.forgotten) return cached;
    const trail = this.#find(journeySubject(subject));
    known.set(subject, trail);
    return trail;
  }

  #find(subject: JourneySubject): Trail {
    const service = shortened(subject.service);
    const type = shortened(subject.type);
    const key = `${service}\0${type}`;
    let trail = this.#trails.get(key);
    if (trail === undefined) {
      if (this.#trails.size >= maxTrails) this.#forgetOldest();
      trail = new Trail(service, type);
      this.#trails.set(key, trail);
    }
    return trail;
  }

  /** A tenth at a time, so that the search costs little for each. */
  #forgetOldest(): void {
    const oldest = [...this.#trails].sort(([, a], [, b]) => a.lastAt - b.lastAt).slice(0, maxTrails / 10);
    for (const [key, trail] of oldest) {
      trail.forgotten = true;
      this.#trails.delete(key);
    }
  }

  #addIncident(incident: JourneyIncident): void {
    this.#incidents[this.#nextIncident] = incident;
    this.#nextIncident = (this.#nextIncident + 1) % maxIncidents;
  }
}

/** A copy of the beginning of a long text: the engine's own `slice` would keep all of it in memory. */
function shortened(text: string): string {
  return text.length <= maxTextLength ? text : Buffer.from(text.slice(0, maxTextLength), "utf16le").toString("utf16le");
}
