import type { JourneyStep, JourneySubject } from "../../component/index.ts";

/** What a hop did with the profiles of one subject. */
export interface TrailStep {
  readonly component: string;
  readonly part: string;
  readonly step: JourneyStep;
  readonly profiles: number;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The latest one that was given, empty when there was none. */
  readonly reason: string;
}

export interface JourneyTrail extends JourneySubject {
  /** In the order in which they were first made. */
  readonly steps: readonly TrailStep[];
}

/** How many steps of a subject are remembered; then the one that was made longest ago is forgotten. More than a configuration has, but reloads add up. */
const maxSteps = 200;

/** All steps of one subject. */
export class Trail {
  readonly service: string;
  readonly type: string;
  /** Whether it is not in the books any more. */
  forgotten = false;
  lastAt = 0;
  readonly #steps: { -readonly [K in keyof TrailStep]: TrailStep[K] }[] = [];

  constructor(service: string, type: string) {
    this.service = service;
    this.type = type;
  }

  note(component: string, part: string, step: JourneyStep, profiles: number, at: number, reason: string): void {
    this.lastAt = at;
    // A handful of steps: looking through them costs less than making a key.
    for (const known of this.#steps) {
      if (known.component === component && known.step === step && known.part === part) {
        known.profiles += profiles;
        known.lastAt = at;
        if (reason !== "") known.reason = reason;
        return;
      }
    }
    if (this.#steps.length >= maxSteps) this.#forgetOldest();
    this.#steps.push({ component, part, step, profiles, firstAt: at, lastAt: at, reason });
  }

  #forgetOldest(): void {
    let oldest = 0;
    for (const [index, { lastAt }] of this.#steps.entries()) if (lastAt < (this.#steps[oldest]?.lastAt ?? 0)) oldest = index;
    this.#steps.splice(oldest, 1);
  }

  toJSON(): JourneyTrail {
    return { service: this.service, type: this.type, steps: this.#steps.map((step) => ({ ...step })) };
  }
}
