import type { Health, HealthState } from "../../component/index.ts";

const severity: Readonly<Record<HealthState, number>> = { healthy: 0, unknown: 1, unhealthy: 2, exited: 3 };

/** How a component is: the worst of how its last evaluation went, how its run goes and what it says itself; of equals the newest. */
export class NodeHealth {
  #evaluation: Health;
  #refusal: Health | undefined;
  #run: Health;
  readonly #reported: () => Health | undefined;

  constructor(created: string, reported: () => Health | undefined = () => undefined) {
    this.#evaluation = health("unknown", created);
    this.#run = this.#evaluation;
    this.#reported = reported;
  }

  get current(): Health {
    return this.#worst(this.#refusal ?? this.#evaluation, this.#reported());
  }

  /** The same without regard to a configuration that was refused: how what runs is. */
  get working(): Health {
    return this.#worst(this.#evaluation, this.#reported());
  }

  /** What a probe is told: `working` without what a restart could not mend. */
  get probed(): Health {
    const reported = this.#reported();
    return this.#worst(this.#evaluation, reported?.external === true ? undefined : reported);
  }

  /** How its last evaluation went. */
  get evaluation(): Health {
    return this.#evaluation;
  }

  evaluated(state: "healthy" | "unhealthy", message: string): void {
    this.#evaluation = health(state, message);
    this.#refusal = undefined;
  }

  /** Goes back to an earlier `evaluation`. */
  restore(evaluation: Health): void {
    this.#evaluation = evaluation;
  }

  /** It could not take its part of a configuration that was therefore refused. Forgotten with the next evaluation. */
  refused(message: string): void {
    this.#refusal = health("unhealthy", message);
  }

  ran(state: "healthy" | "exited", message: string): void {
    this.#run = health(state, message);
  }

  #worst(evaluation: Health, reported: Health | undefined): Health {
    return [evaluation, this.#run, reported].filter((one) => one !== undefined).reduce(worse);
  }
}

function health(state: HealthState, message: string): Health {
  return { state, message, updatedAt: new Date() };
}

function worse(a: Health, b: Health): Health {
  const difference = severity[b.state] - severity[a.state];
  return difference > 0 || (difference === 0 && b.updatedAt >= a.updatedAt) ? b : a;
}
