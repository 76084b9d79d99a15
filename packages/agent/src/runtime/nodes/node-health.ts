import type { Health, HealthState } from "../../component/index.ts";

const severity: Readonly<Record<HealthState, number>> = { healthy: 0, unknown: 1, unhealthy: 2, exited: 3 };

/** How a component is: the worst of how its last evaluation went, how its run goes and what it says itself; of equals the newest. */
export class NodeHealth {
  #evaluation: Health;
  #run: Health;
  readonly #reported: () => Health | undefined;

  constructor(created: string, reported: () => Health | undefined = () => undefined) {
    this.#evaluation = health("unknown", created);
    this.#run = this.#evaluation;
    this.#reported = reported;
  }

  get current(): Health {
    const all = [this.#evaluation, this.#run, this.#reported()].filter((one) => one !== undefined);
    return all.reduce(worse);
  }

  evaluated(state: "healthy" | "unhealthy", message: string): void {
    this.#evaluation = health(state, message);
  }

  ran(state: "healthy" | "exited", message: string): void {
    this.#run = health(state, message);
  }
}

function health(state: HealthState, message: string): Health {
  return { state, message, updatedAt: new Date() };
}

function worse(a: Health, b: Health): Health {
  const difference = severity[b.state] - severity[a.state];
  return difference > 0 || (difference === 0 && b.updatedAt >= a.updatedAt) ? b : a;
}
