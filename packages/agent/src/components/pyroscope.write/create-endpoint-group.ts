import type { Logger } from "../../component/logger.ts";
import type { Metrics } from "../../component/metrics.ts";
import type { Services } from "../../component/services.ts";
import { createHttpClient } from "../../http/client/http-client.ts";
import type { EndpointArguments, WriteArguments } from "./arguments.ts";
import { endpointOf } from "./arguments.ts";
import { DeliveryRepair } from "./delivery-repair.ts";
import type { EndpointBooks } from "./endpoint-books.ts";
import { EndpointDebugInfo } from "./endpoint-debug-info.ts";
import { EndpointExchange } from "./endpoint-exchange.ts";
import { EndpointGroup } from "./endpoint-group.ts";
import { endpointKeys } from "./endpoint-key.ts";
import { EndpointPath } from "./endpoint-path.ts";
import { EndpointSender } from "./endpoint-sender.ts";
import { OutgoingLabels } from "./outgoing-labels.ts";
import type { QueueSettings } from "./queue-block.ts";
import { queueSettings } from "./queue-block.ts";
import { QueueDispatcher } from "./queue-dispatcher.ts";
import { defaultRepair, repairSettings } from "./repair/arguments.ts";
import type { RepairCounters } from "./repair/repair-metrics.ts";
import { Repairer } from "./repair/repairer.ts";
import { shownUrl } from "./shown-url.ts";

export interface EndpointSurroundings {
  /** Id of the component. */
  readonly id: string;
  readonly services: Services;
  readonly dialerMetrics: Metrics;
  readonly books: EndpointBooks;
  /** Asked for when something may be mended. */
  readonly repairCounters: () => RepairCounters;
  readonly log: Logger;
}

/** Everything that the arguments ask for. Throws when an endpoint's certificates cannot be used, or when it is this program itself. */
export function createEndpointGroup(args: WriteArguments, surroundings: EndpointSurroundings): EndpointGroup {
  const settings = queueSettings(args.queue, surroundings.services.queueByDefault);
  const repair = createRepair(args, settings, surroundings);
  const group = new EndpointGroup(new OutgoingLabels(args.external_labels, repair));
  const keys = endpointKeys(args.endpoint);
  try {
    for (const [index, endpoint] of args.endpoint.entries())
      addEndpoint(group, endpoint, { key: keys[index] ?? "", settings, repair }, surroundings);
    return group;
  } catch (error) {
    void group.retire();
    throw error;
  }
}

/**
 * Without a `repair` block profiles are mended where they are kept: their senders have their answer and cannot mend them any more. Senders that wait for the
 * endpoint hear what is wrong, as with the reference.
 */
function createRepair(
  args: WriteArguments,
  { enabled }: QueueSettings,
  { repairCounters }: EndpointSurroundings,
): DeliveryRepair | undefined {
  const settings = args.repair ?? (enabled ? defaultRepair() : undefined);
  return settings?.enabled === true ? new DeliveryRepair(new Repairer(repairSettings(settings)), repairCounters()) : undefined;
}

function addEndpoint(
  group: EndpointGroup,
  args: EndpointArguments,
  { key, settings, repair }: { readonly key: string; readonly settings: QueueSettings; readonly repair: DeliveryRepair | undefined },
  { id, services, dialerMetrics, books, log }: EndpointSurroundings,
): void {
  const { identity, ownAddresses } = services;
  group.onRetire(ownAddresses.claimEndpoint(id, args.url));
  const client = createHttpClient(args, { name: args.name, userAgent: identity.userAgent, metrics: dialerMetrics });
  group.onIdle(() => client.close());
  const { metrics, ledger, refusals, queue } = books.acquire(key, shownUrl(args.url), settings);
  group.onIdle(() => books.release(key));
  const endpoint = endpointOf(args);
  const exchange = new EndpointExchange({ endpoint, client, metrics, keepsProfiles: settings.enabled });
  const sender = new EndpointSender({ endpoint, exchange, metrics, ledger, repair, log });
  group.debugInfo.push(new EndpointDebugInfo(endpoint, client));
  group.paths.push(new EndpointPath({ ledger, sender, queue: settings.enabled ? queue : undefined }));
  if (queue === undefined) return;
  const keeping = new EndpointExchange({ endpoint, client, metrics, keepsProfiles: true });
  group.addDispatcher(new QueueDispatcher({ endpoint, queue, exchange: keeping, metrics, ledger, refusals, repair, log }));
}
