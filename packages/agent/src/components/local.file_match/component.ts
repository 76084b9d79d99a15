import type { Component } from "../../component/index.ts";
import { targets } from "../../component/target.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { attr, duration } from "../../schema/index.ts";
import { FileMatcher } from "./file-matcher.ts";

export const localFileMatch: Component = defineDiscovery({
  name: "local.file_match",
  stability: "generally-available",
  doc: "Makes a target of each file that a pattern matches.",
  arguments: {
    path_targets: attr(targets, {
      required: true,
      doc:
        "The patterns: each target's `__path__`, without the files that its `__path_exclude__` matches. `**` stands for any depth, `{a,b}` for alternatives. " +
        "All its labels go to the targets of its files.",
    }),
    sync_period: attr(duration, { default: 10_000, doc: "How often the files are looked for." }),
    ignore_older_than: attr(duration, { doc: "Leave out files that were not written for longer than this; 0 leaves none out." }),
  },
  validate: ({ sync_period: period }) => (period > 0 ? undefined : "sync_period must be greater than 0"),
  exportGapMs: 0,
  discover: (context, { path_targets: patterns, sync_period: intervalMs, ignore_older_than: maxAgeMs }) =>
    new FileMatcher(context, { patterns: patterns.map(({ labels }) => labels), intervalMs, maxAgeMs }),
});
