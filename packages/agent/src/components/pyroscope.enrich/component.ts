import { once } from "node:events";
import { profileReceiver, receivers } from "../../component/capsules.ts";
import type { Component } from "../../component/define.ts";
import { defineComponent } from "../../component/define.ts";
import { createFanout } from "../../component/fanout.ts";
import { targets } from "../../component/target.ts";
import type { Infer } from "../../schema/index.ts";
import { attr, duration, int, list, string } from "../../schema/index.ts";
import { createEnrichMetrics } from "./enrich-metrics.ts";
import type { EnricherSettings } from "./enricher.ts";
import { Enricher } from "./enricher.ts";

const fields = {
  targets: attr(targets, { required: true, doc: "Targets whose labels are copied to profiles." }),
  target_match_label: attr(string, { required: true, doc: "The label of a target that must equal that of the profile." }),
  profiles_match_label: attr(string, { doc: "The label of a profile; `target_match_label` when it is not set." }),
  labels_to_copy: attr(list(string), { doc: "Labels that are copied from the target; all of them when the list is empty." }),
  forward_to: attr(receivers, { required: true, doc: "Receivers of the profiles." }),
  wait_for_targets: attr(duration, {
    default: 0,
    extension: true,
    doc: "How long profiles wait for a target that matches before they pass without its labels. A value that never matches is waited for once. The sender gets its answer after that; half of the time that it gives is the most.",
  }),
  wait_max_bytes: attr(int, {
    default: 64 * 1024 * 1024,
    extension: true,
    doc: "Size of the profiles that may wait at the same time. Others pass as they are, which `pyroscope_enrich_waits_total` counts as `full`.",
  }),
};

type EnrichArguments = Infer<typeof fields>;

/** What a timer can wait for. */
const longestWaitMs = 24 * 3_600_000;

export const pyroscopeEnrich: Component = defineComponent({
  name: "pyroscope.enrich",
  stability: "experimental",
  doc: "Adds labels of discovered targets to the profiles that match them, and passes all profiles on.",
  arguments: fields,
  validate: checkLimits,
  exports: { receiver: attr(profileReceiver, { doc: "Takes the profiles to enrich." }) },
  build(context, args) {
    let { forward_to: children } = args;
    const receiver = new Enricher({
      id: context.id,
      settings: settingsOf(args),
      next: createFanout(() => children, context.metrics),
      metrics: createEnrichMetrics(context.metrics),
      hop: context.services.journey.hop(context.id),
    });
    context.setExports({ receiver });
    return {
      update(changed) {
        children = changed.forward_to;
        receiver.update(settingsOf(changed));
      },
      async run(signal) {
        if (!signal.aborted) await once(signal, "abort");
        await receiver.stop();
      },
    };
  },
});

function checkLimits({ wait_for_targets: waitMs, wait_max_bytes: maxBytes }: EnrichArguments): string | undefined {
  if (waitMs < 0 || waitMs > longestWaitMs) return "wait_for_targets must be between 0s and 24h";
  return maxBytes < 0 ? "wait_max_bytes must not be negative" : undefined;
}

function settingsOf(args: EnrichArguments): EnricherSettings {
  return {
    targets: args.targets,
    targetMatchLabel: args.target_match_label,
    profilesMatchLabel: args.profiles_match_label === "" ? args.target_match_label : args.profiles_match_label,
    labelsToCopy: args.labels_to_copy,
    waitMs: args.wait_for_targets,
    maxWaitingBytes: args.wait_max_bytes,
  };
}
