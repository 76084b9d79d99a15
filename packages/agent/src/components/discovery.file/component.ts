import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { attr, duration, list, string } from "../../schema/index.ts";
import { FileDiscoverer } from "./file-discoverer.ts";
import { patternProblem } from "./target-file.ts";

export const discoveryFile: Component = defineDiscovery({
  name: "discovery.file",
  stability: "generally-available",
  doc:
    'Reads targets from files: a list of `{"targets": ["host:port"], "labels": {"name": "value"}}` as JSON or YAML. Files are read again as soon as they ' +
    "change. A file that cannot be read keeps its targets; one that is removed loses them.",
  arguments: {
    files: attr(list(string), {
      required: true,
      doc: "The files, `.json`, `.yml` or `.yaml`. Patterns may hold `*`, `?` and `[a-z]` in any part of the path.",
    }),
    refresh_interval: attr(duration, { default: 300_000, doc: "How often everything is read again, whether a change was noticed or not." }),
  },
  validate({ files, refresh_interval: interval }) {
    const problem = files.map(patternProblem).find((text) => text !== undefined);
    return problem ?? (interval > 0 ? undefined : "refresh_interval must be greater than 0");
  },
  discover: (context, { files, refresh_interval: intervalMs }) => new FileDiscoverer(context, { patterns: files, intervalMs }),
});
