import { join } from "node:path";
import { profileReceiver } from "../../component/capsules.ts";
import type { Component, Health } from "../../component/define.ts";
import { defineComponent } from "../../component/define.ts";
import type { Logger } from "../../component/logger.ts";
import { attr, formatDuration } from "../../schema/index.ts";
import { shownArguments, validateWrite, withIdentity, writeFields } from "./arguments.ts";
import { createEndpointGroup } from "./create-endpoint-group.ts";
import { debugInfoFields, debugInfoOf } from "./debug-info.ts";
import { EndpointBooks } from "./endpoint-books.ts";
import { endpointOfFolder } from "./endpoint-file.ts";
import type { QueueSettings } from "./queue-block.ts";
import { queueSettings } from "./queue-block.ts";
import { registerQueueGauges } from "./queue-gauges.ts";
import { createRepairCounters } from "./repair/repair-metrics.ts";
import { WriteMetrics } from "./write-metrics.ts";
import { Writer } from "./writer.ts";

export const pyroscopeWrite: Component = defineComponent({
  name: "pyroscope.write",
  stability: "generally-available",
  doc: "Sends profiles to one or more Pyroscope servers, or to other collectors. A profile counts as sent when the server has accepted it.",
  arguments: writeFields,
  validate: validateWrite,
  exports: { receiver: attr(profileReceiver, { doc: "Takes the profiles to send." }) },
  debugInfo: debugInfoFields,
  build(context, args) {
    const { id, services, log, dataPath } = context;
    const metrics = new WriteMetrics(context.metrics);
    const books = new EndpointBooks({
      folder: dataPath === "" ? undefined : join(dataPath, "queue"),
      metrics,
      hop: (shownUrl) => services.journey.hop(id, shownUrl),
      log,
    });
    registerQueueGauges(context.metrics, books);
    const surroundings = {
      id,
      services,
      log,
      books,
      repairCounters: () => createRepairCounters(context.metrics),
      dialerMetrics: context.metrics,
    };
    let inForce = withIdentity(args, services.identity.uid);
    const writer = new Writer({ id, group: createEndpointGroup(inForce, surroundings), metrics: metrics.of("-"), log });
    context.setExports({ receiver: writer });
    return {
      update(changed) {
        const next = withIdentity(changed, services.identity.uid);
        void writer.replaceGroup(createEndpointGroup(next, surroundings)).then(() => warnOfOrphans(books, log));
        books.configure(queueSettings(next.queue, services.queueByDefault));
        inForce = next;
      },
      async run(signal) {
        warnOfAge(queueSettings(inForce.queue, services.queueByDefault), log);
        await warnOfOrphans(books, log);
        await writer.run(signal);
      },
      discard: () => writer.stop(),
      health: () => queueHealth(books),
      arguments: () => shownArguments(inForce),
      debugInfo: () => debugInfoOf(books),
    };
  },
});

async function warnOfOrphans(books: EndpointBooks, log: Logger): Promise<void> {
  for (const folder of await books.orphans()) {
    log.warn(
      'a queue holds profiles of an endpoint that is not configured; nothing is sent from it: configure the endpoint again, hand them to another one with "flameline queue move" while this program is stopped, or remove the folder',
      { folder, endpoint: await endpointOfFolder(folder), configured: books.all.flatMap(({ queue }) => queue?.folder ?? []).join(",") },
    );
  }
}

/** How old a profile may be for a Pyroscope server that is not told otherwise. */
const serverWindowMs = 60 * 60_000;

/** A profile that waits as long as it may must still be taken. */
function warnOfAge({ enabled, maxAgeMs }: QueueSettings, log: Logger): void {
  if (!enabled || maxAgeMs <= serverWindowMs) return;
  log.warn(
    "profiles may wait in the queue for longer than Pyroscope takes them by default: raise its limit reject_older_than, or lower max_age",
    {
      max_age: formatDuration(maxAgeMs),
      server_default: formatDuration(serverWindowMs),
    },
  );
}

/** Unhealthy while a queue cannot take profiles. */
function queueHealth(books: EndpointBooks): Health | undefined {
  const problems = books.all.flatMap(({ shownUrl, queue }) =>
    queue?.problem === undefined ? [] : [`profiles for ${shownUrl} cannot be kept on disk and wait for the endpoint: ${queue.problem}`],
  );
  return problems.length === 0 ? undefined : { state: "unhealthy", message: problems.join("; "), updatedAt: new Date() };
}
