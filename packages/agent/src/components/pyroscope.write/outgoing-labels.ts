import { Labels, formatAppName, labelNameProblem, parseAppName, validateLabels } from "@flameline/profile";
import { firstValue, parseQuery } from "../../component/query-string.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { tenantLabel } from "../../component/tenant.ts";
import type { DeliveryRepair } from "./delivery-repair.ts";

/**
 * From the labels of the pipeline to those that leave it: refused when a server would refuse them, without internal ones, with the external labels
 * over them. All methods throw a final {@link DeliveryError} for labels that cannot be sent.
 */
export class OutgoingLabels {
  readonly #external: ReadonlyMap<string, string>;
  readonly #repair: DeliveryRepair | undefined;
  /** Pipelines hand on the same label sets again and again. */
  readonly #ofPush = new WeakMap<Labels, Labels>();

  constructor(external: ReadonlyMap<string, string>, repair?: DeliveryRepair) {
    this.#external = external;
    this.#repair = repair;
  }

  /** The labels of a pushed series of so many profiles. The same object gives the same object. */
  ofPush(labels: Labels, profiles: number): Labels {
    const known = this.#ofPush.get(labels);
    const outgoing = known ?? withoutInternal(this.#withExternal(this.#checked(labels)), (name) => name === "__delta__");
    if (known === undefined) this.#ofPush.set(labels, outgoing);
    return this.#mended(outgoing, profiles);
  }

  /**
   * The `name` of a request to `/ingest`. The application is the service name when there is one, before external labels come in. Internal labels pass
   * when the sender itself had put them into `name` (`__session_id__` must); those that a pipeline added stay behind, and the tenant always does.
   */
  ofIngest(labels: Labels, query: string): string {
    const service = labels.get("service_name");
    const named = service === "" ? labels : labels.edit().set("__name__", service).labels();
    this.#checked(named);
    let sent: Labels | undefined;
    const outgoing = withoutInternal(this.#withExternal(named), (name) => {
      if (name === tenantLabel) return false;
      sent ??= parseAppName(firstValue(parseQuery(query), "name") ?? "").labels ?? Labels.empty;
      return sent.has(name);
    });
    return formatAppName(this.#mendedBehindName(outgoing));
  }

  /** What can be mended is looked at when it is complete. */
  #checked(labels: Labels): Labels {
    if (this.#repair === undefined || labels.size === 0) refuseInvalid(labels);
    return labels;
  }

  /** In a `name` the application stands where others have the type of the profile, and may have dots, dashes and slashes: it stays as it is. */
  #mendedBehindName(labels: Labels): Labels {
    const application = labels.get("__name__");
    const others = labels.edit().delete("__name__").labels();
    if (others.size === 0) return labels;
    const mended = this.#mended(others, 1);
    return mended === others ? labels : mended.edit().set("__name__", application).labels();
  }

  #mended(labels: Labels, profiles: number): Labels {
    if (this.#repair === undefined) return labels;
    const mended = this.#repair.labels(labels, profiles);
    refuseInvalid(mended);
    return mended;
  }

  #withExternal(labels: Labels): Labels {
    const builder = labels.edit();
    for (const [name, value] of this.#external) builder.set(name, value);
    return builder.labels();
  }
}

/** Why these cannot be external labels, undefined when they can. */
export function checkExternalLabels(external: ReadonlyMap<string, string>): string | undefined {
  for (const [name, value] of external) {
    const problem = labelNameProblem(name) ?? (value.isWellFormed() ? undefined : `value of ${name} is not UTF-8`);
    if (problem !== undefined) return `invalid external_labels: ${problem}`;
  }
  return undefined;
}

function refuseInvalid(labels: Labels): void {
  const problem = validateLabels(labels);
  if (problem !== undefined)
    throw new DeliveryError(`invalid labels in profile: ${problem}`, { code: "invalid_argument", retryable: false });
}

/** `keep` is asked about internal labels other than `__name__`. */
function withoutInternal(labels: Labels, keep: (name: string) => boolean): Labels {
  const builder = labels.edit();
  for (const [name] of labels) if (name.startsWith("__") && name !== "__name__" && !keep(name)) builder.delete(name);
  return builder.labels();
}
