import { defaultRepairLimits as limits, type RepairKind, type RepairLimits } from "@flameline/profile";
import { attr, type BlockDefinition, bool, defaultArguments, defineBlock, duration, type Infer, int } from "../../../schema/index.ts";

const fields = {
  enabled: attr(bool, { default: true, doc: "Whether anything is repaired." }),
  label_names: attr(bool, {
    default: true,
    doc: "Characters other than letters, digits, `_` and `.` in names of labels become `_`; of names that become equal by it the later ones get a number. Labels without a name go.",
  }),
  duplicate_labels: attr(bool, { default: true, doc: "Of several labels of a sample with one name the first stays." }),
  label_count: attr(bool, { default: true, doc: "Labels beyond `max_labels` go, the last by their names first." }),
  label_values: attr(bool, { default: true, doc: "Values longer than `max_value_bytes` are cut." }),
  utf8: attr(bool, { default: true, doc: "Bytes that are not UTF-8 become U+FFFD." }),
  sample_types: attr(bool, { default: true, doc: "`-` in names of sample types becomes `_`." }),
  function_ids: attr(bool, { default: true, doc: "Functions without ids, as an old profiler of .NET writes them, get some." }),
  times: attr(bool, {
    default: true,
    doc: "Profiles up to a week older than `max_age` are dated as early as the server takes them; older ones and those from the future are dated now.",
  }),
  split: attr(bool, {
    default: true,
    doc: "Profiles that are larger than `max_profile_bytes` or have more than `max_samples` are sent as several.",
  }),
  max_labels: attr(int, { default: limits.maxLabels, doc: "Labels of a series, with those of its samples." }),
  max_name_bytes: attr(int, { default: limits.maxNameBytes, doc: "Longest name of a label." }),
  max_value_bytes: attr(int, { default: limits.maxValueBytes, doc: "Longest value of a label." }),
  max_profile_bytes: attr(int, {
    default: limits.maxProfileBytes,
    doc: "Largest profile, unpacked. The default is what a Pyroscope server takes from a tenant at once unless it is configured otherwise.",
  }),
  max_samples: attr(int, { default: limits.maxSamples, doc: "Most samples of a profile." }),
  max_age: attr(duration, { default: limits.maxAgeMs, doc: "How old profiles may be." }),
  max_ahead: attr(duration, { default: limits.maxAheadMs, doc: "How far profiles may be in the future." }),
};

export type RepairArguments = Infer<typeof fields>;

/** The block `repair` of pyroscope.write, an extension. */
export const repairBlock: BlockDefinition<RepairArguments> = defineBlock({ fields, validate: checkLimits });

function checkLimits(args: RepairArguments): string | undefined {
  const tooSmall = (["max_labels", "max_name_bytes", "max_value_bytes", "max_samples", "max_age", "max_ahead"] as const).find(
    (name) => args[name] < 1,
  );
  if (tooSmall !== undefined) return `${tooSmall} must be positive`;
  return args.max_profile_bytes < smallestPart ? `max_profile_bytes must be at least ${smallestPart}` : undefined;
}

/** A profile is not split into thousands. */
const smallestPart = 100_000;

export interface RepairSettings {
  readonly kinds: ReadonlySet<RepairKind>;
  readonly limits: RepairLimits;
}

/** What is repaired; nothing when it is switched off. */
export function repairSettings(args: RepairArguments): RepairSettings {
  const plain = (
    ["label_names", "duplicate_labels", "label_count", "label_values", "utf8", "sample_types", "function_ids", "times"] as const
  ).filter((kind) => args[kind]);
  const kinds: readonly RepairKind[] = args.split ? [...plain, "sample_count", "size"] : plain;
  return {
    kinds: new Set(args.enabled ? kinds : []),
    limits: {
      maxLabels: args.max_labels,
      maxSampleLabels: limits.maxSampleLabels,
      maxNameBytes: args.max_name_bytes,
      maxValueBytes: args.max_value_bytes,
      maxProfileBytes: args.max_profile_bytes,
      maxSamples: args.max_samples,
      maxAgeMs: args.max_age,
      maxAheadMs: args.max_ahead,
    },
  };
}

/** The block as it is when it is empty. */
export function defaultRepair(): RepairArguments {
  return defaultArguments(repairBlock);
}
