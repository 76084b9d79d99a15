import type { Labels } from "@flameline/profile";
import type { Target } from "../../component/target.ts";

export interface EnrichSettings {
  readonly targets: readonly Target[];
  /** The label of a target that must equal the profile's. */
  readonly targetMatchLabel: string;
  readonly profilesMatchLabel: string;
  /** Empty: all of the target's. */
  readonly labelsToCopy: readonly string[];
}

/** What profiles are enriched from: targets by the value of their match label. Immutable, so that nobody ever sees half of an update. */
export class EnrichIndex {
  readonly #settings: EnrichSettings;
  readonly #targets = new Map<string, Labels>();
  /** Pipelines hand on the same label sets again and again; what comes out is the same object again, too. */
  readonly #results = new WeakMap<Labels, Labels>();

  /** Of targets that share a value the last one counts; those without the label are left out. */
  constructor(settings: EnrichSettings) {
    this.#settings = settings;
    for (const { labels } of settings.targets) {
      const value = labels.get(settings.targetMatchLabel);
      if (value !== "") this.#targets.set(value, labels);
    }
  }

  /** What a profile with these labels is looked up by; empty when it has none. */
  valueOf(labels: Labels): string {
    return labels.get(this.#settings.profilesMatchLabel);
  }

  has(value: string): boolean {
    return this.#targets.has(value);
  }

  /** The labels with those of the target that they match, which win; undefined when there is no such target. */
  enrich(labels: Labels): Labels | undefined {
    const known = this.#results.get(labels);
    if (known !== undefined) return known;
    const target = this.#targets.get(this.valueOf(labels));
    if (target === undefined) return undefined;
    const result = this.#copy(target, labels);
    this.#results.set(labels, result);
    return result;
  }

  #copy(target: Labels, labels: Labels): Labels {
    const { labelsToCopy } = this.#settings;
    const builder = labels.edit();
    if (labelsToCopy.length === 0) for (const [name, value] of target) builder.set(name, value);
    else for (const name of labelsToCopy) if (target.has(name)) builder.set(name, target.get(name));
    return builder.labels();
  }
}
