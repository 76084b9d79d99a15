import type { Component } from "../../component/index.ts";
import { targets } from "../../component/target.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { attr, block, type BlockDefinition, bool, defineBlock, duration, equalArguments } from "../../schema/index.ts";
import { ProcessDiscoverer } from "./process-discoverer.ts";
import type { ProcessQuestions } from "./read-process.ts";

const discoverConfig: BlockDefinition<ProcessQuestions> = defineBlock({
  fields: {
    cwd: attr(bool, { default: true, doc: "`__meta_process_cwd`: the directory that it works in." }),
    exe: attr(bool, { default: true, doc: "`__meta_process_exe`: its program. Threads of the kernel, which have none, are left out." }),
    commandline: attr(bool, { default: true, doc: "`__meta_process_commandline`: its arguments." }),
    username: attr(bool, { doc: "`__meta_process_username`: who started it." }),
    uid: attr(bool, { doc: "`__meta_process_uid`: the same as a number." }),
    cgroup_path: attr(bool, { doc: "`__meta_process_cgroup_path`: its control groups, with `|` between them." }),
    container_id: attr(bool, { default: true, doc: "`__container_id__`: the container that it runs in." }),
  },
  showDefaults: true,
});

export const discoveryProcess: Component = defineDiscovery({
  name: "discovery.process",
  stability: "generally-available",
  doc:
    "Lists the processes of this machine (Linux), and joins them with what is known about their containers. It needs the machine's process namespace, and " +
    "root or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH to see the processes of others.",
  arguments: {
    join: attr(targets, {
      doc: "Targets of containers, e.g. of `discovery.kubernetes` or `discovery.docker`: their labels go to the processes in them.",
    }),
    refresh_interval: attr(duration, { default: 60_000, doc: "How often the processes are listed." }),
    discover_config: block(discoverConfig, { doc: "What to find out about each process." }),
  },
  validate: ({ refresh_interval: interval }) => (interval > 0 ? undefined : "refresh_interval must be greater than 0"),
  exportGapMs: 0,
  discover(context, args) {
    const { refresh_interval: intervalMs, discover_config: questions } = args;
    if (process.platform !== "linux") {
      context.log.warn("process discovery works on Linux only");
      return { run: async () => undefined };
    }
    const discoverer = new ProcessDiscoverer(context, { questions, intervalMs, join: args.join.map(({ labels }) => labels) });
    return {
      run: (publish, signal) => discoverer.run(publish, signal),
      update(changed) {
        const same = changed.refresh_interval === intervalMs && equalArguments(discoverConfig, changed.discover_config, questions);
        if (same) discoverer.rejoin(changed.join.map(({ labels }) => labels));
        return same;
      },
    };
  },
});
