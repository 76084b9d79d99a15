import { profileReceiver } from "../../component/capsules.ts";
import type { Component } from "../../component/define.ts";
import { defineComponent } from "../../component/define.ts";
import { attr } from "../../schema/index.ts";
import { shownArguments, validateWrite, withIdentity, writeFields } from "./arguments.ts";
import { createEndpointGroup } from "./create-endpoint-group.ts";
import { WriteMetrics } from "./write-metrics.ts";
import { Writer } from "./writer.ts";

export const pyroscopeWrite: Component = defineComponent({
  name: "pyroscope.write",
  stability: "generally-available",
  doc: "Sends profiles to one or more Pyroscope servers, or to other collectors. A profile counts as sent when the server has accepted it.",
  arguments: writeFields,
  validate: validateWrite,
  exports: { receiver: attr(profileReceiver, { doc: "Takes the profiles to send." }) },
  build(context, args) {
    const { id, services, log } = context;
    const metrics = new WriteMetrics(context.metrics);
    const surroundings = { id, services, log, metrics, dialerMetrics: context.metrics };
    let inForce = withIdentity(args, services.identity.uid);
    const writer = new Writer({ id, group: createEndpointGroup(inForce, surroundings), metrics: metrics.of("-"), log });
    context.setExports({ receiver: writer });
    return {
      update(changed) {
        const next = withIdentity(changed, services.identity.uid);
        writer.replaceGroup(createEndpointGroup(next, surroundings));
        inForce = next;
      },
      run: (signal) => writer.run(signal),
      discard: () => writer.stop(),
      arguments: () => shownArguments(inForce),
    };
  },
});
