import { once } from "node:events";
import { validateRule } from "@flameline/profile";
import { profileReceiver, receivers } from "../../component/capsules.ts";
import type { Component } from "../../component/define.ts";
import { defineComponent } from "../../component/define.ts";
import { createFanout } from "../../component/fanout.ts";
import { relabelRules } from "../../component/relabel-rule.ts";
import type { Infer } from "../../schema/index.ts";
import { attr, blocks, int } from "../../schema/index.ts";
import { profileRuleBlock } from "./profile-rule.ts";
import { createRelabelMetrics } from "./relabel-metrics.ts";
import type { RelabelSettings } from "./relabeler.ts";
import { Relabeler } from "./relabeler.ts";
import { createSampleMetrics } from "./sample-relabeler.ts";

const fields = {
  forward_to: attr(receivers, { required: true, doc: "Receivers of the profiles that the rules keep." }),
  rule: blocks(profileRuleBlock, { doc: "Applied in order; the first one that drops a profile ends it." }),
  max_cache_size: attr(int, { default: 10_000, doc: "How many label sets are remembered with what the rules make of them." }),
};

export const pyroscopeRelabel: Component = defineComponent({
  name: "pyroscope.relabel",
  stability: "generally-available",
  doc: "Rewrites the labels of profiles, and drops profiles, before it passes them on.",
  arguments: fields,
  validate: ({ rule }) => rule.map(validateRule).find((problem) => problem !== undefined),
  exports: {
    receiver: attr(profileReceiver, { doc: "Takes the profiles to relabel." }),
    rules: attr(relabelRules, { doc: "The rules, for other components." }),
  },
  build(context, args) {
    const { id, log, metrics, services } = context;
    let { forward_to: children } = args;
    const receiver = new Relabeler({
      id,
      settings: settingsOf(args),
      next: createFanout(() => children, metrics),
      metrics: createRelabelMetrics(metrics),
      hop: services.journey.hop(id),
      sampleMetrics: () => createSampleMetrics(metrics),
      log,
    });
    context.setExports({ receiver, rules: args.rule });
    return {
      update(changed) {
        receiver.update(settingsOf(changed));
        children = changed.forward_to;
        context.setExports({ receiver, rules: changed.rule });
      },
      async run(signal) {
        if (!signal.aborted) await once(signal, "abort");
        receiver.stop();
      },
    };
  },
});

function settingsOf({ rule, max_cache_size: maxCacheSize }: Infer<typeof fields>): RelabelSettings {
  return { rules: rule, maxCacheSize };
}
