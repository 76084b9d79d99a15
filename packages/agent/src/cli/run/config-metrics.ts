import { createHash } from "node:crypto";
import type { Source } from "@flameline/syntax";
import { bytesFromText } from "@flameline/syntax";
import type { MetricsScope } from "../../metrics/registry.ts";

/** How loading the configuration went. A load counts as good when all of it was evaluated; the reference looks at parsing only. */
export class ConfigMetrics {
  readonly #scope: MetricsScope;
  readonly #clusterName: string;
  #hash: string | undefined;

  constructor(scope: MetricsScope, clusterName: string) {
    this.#scope = scope;
    this.#clusterName = clusterName;
    this.#failures().inc(0);
  }

  loaded(sources: readonly Source[]): void {
    this.#successful().set(1);
    const help = "When the configuration was last loaded successfully, in seconds since 1970.";
    this.#scope
      .gauge({ name: "alloy_config_last_load_success_timestamp_seconds", help })
      .with({})
      .set(Date.now() / 1000);
    this.#showHash(hashOf(sources));
  }

  failed(): void {
    this.#successful().set(0);
    this.#failures().inc();
  }

  #showHash(sha256: string): void {
    const labels = ["sha256", "cluster_name"] as const;
    const family = this.#scope.gauge({ name: "alloy_config_hash", help: "Hash of the configuration that runs.", labels });
    if (this.#hash !== undefined) family.remove({ sha256: this.#hash, cluster_name: this.#clusterName });
    family.with({ sha256, cluster_name: this.#clusterName }).set(1);
    this.#hash = sha256;
  }

  #successful(): { set(value: number): void } {
    return this.#scope
      .gauge({ name: "alloy_config_last_load_successful", help: "Whether the last load of the configuration was successful." })
      .with({});
  }

  #failures(): { inc(by?: number): void } {
    return this.#scope.counter({ name: "alloy_config_load_failures_total", help: "Loads of the configuration that failed." }).with({});
  }
}

/** Over all files, in the order of their names. */
function hashOf(sources: readonly Source[]): string {
  const hash = createHash("sha256");
  for (const { text } of [...sources].sort((a, b) => (a.name < b.name ? -1 : 1))) hash.update(bytesFromText(text));
  return hash.digest("hex");
}
