import type { Health } from "../component/index.ts";

/** A source that is away for a moment, as when a whole system starts, does not make a component unhealthy yet: milliseconds. */
export const failureGraceMs = 10_000;

interface Problem {
  readonly reason: string;
  readonly since: Date;
}

/** Remembers which sources cannot be read, and says so as the component's health when that lasts. */
export class SourceHealth {
  readonly #problems = new Map<string, Problem>();
  readonly #graceMs: number;

  constructor(graceMs: number = failureGraceMs) {
    this.#graceMs = graceMs;
  }

  /** `source` tells several sources of a component apart. */
  failed(error: unknown, source = ""): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#problems.set(source, { reason, since: this.#problems.get(source)?.since ?? new Date() });
  }

  succeeded(source = ""): void {
    this.#problems.delete(source);
  }

  /** Unhealthy, by an external cause, when a source fails for longer than the grace time; undefined otherwise. `kept`: how many targets of earlier times are in use. */
  current(kept: number): Health | undefined {
    const limit = Date.now() - this.#graceMs;
    const lasting = [...this.#problems.values()].filter(({ since }) => since.getTime() <= limit);
    const [first] = lasting;
    if (first === undefined) return undefined;
    const others = lasting.length === 1 ? "" : ` (and ${lasting.length - 1} more)`;
    const message = `failing since ${first.since.toISOString()}: ${first.reason}${others}; ${kept} targets found before stay in use`;
    return { state: "unhealthy", message, updatedAt: first.since, external: true };
  }
}
