import type { Logger } from "../../component/logger.ts";
import type { Metrics } from "../../component/metrics.ts";
import type { Services } from "../../component/services.ts";
import { createHttpClient } from "../../http/client/http-client.ts";
import type { EndpointArguments, WriteArguments } from "./arguments.ts";
import { endpointOf } from "./arguments.ts";
import type { EndpointBooks } from "./endpoint-books.ts";
import { EndpointExchange } from "./endpoint-exchange.ts";
import { EndpointGroup } from "./endpoint-group.ts";
import { endpointKeys } from "./endpoint-key.ts";
import { EndpointPath } from "./endpoint-path.ts";
import { EndpointSender } from "./endpoint-sender.ts";
import { OutgoingLabels } from "./outgoing-labels.ts";
import type { QueueSettings } from "./queue-block.ts";
import { queueSettings } from "./queue-block.ts";
import { QueueDispatcher } from "./queue-dispatcher.ts";
import { shownUrl } from "./shown-url.ts";

export interface EndpointSurroundings {
  /** Id of the component. */
  readonly id: string;
  readonly services: Services;
  readonly dialerMetrics: Metrics;
  readonly books: EndpointBooks;
  readonly log: Logger;
}

/** Everything that the arguments ask for. Throws when an endpoint's certificates cannot be used, or when it is this program itself. */
export function createEndpointGroup(args: WriteArguments, surroundings: EndpointSurroundings): EndpointGroup {
  const group = new EndpointGroup(new OutgoingLabels(args.external_labels));
  const settings = queueSettings(args.queue, surroundings.services.queueByDefault);
  const keys = endpointKeys(args.endpoint);
  try {
    for (const [index, endpoint] of args.endpoint.entries()) addEndpoint(group, endpoint, keys[index] ?? "", settings, surroundings);
    return group;
  } catch (error) {
    void group.retire();
    throw error;
  }
}

function addEndpoint(
  group: EndpointGroup,
  args: EndpointArguments,
  key: string,
  settings: QueueSettings,
  { id, services, dialerMetrics, books, log }: EndpointSurroundings,
): void {
  const { identity, ownAddresses } = services;
  group.onRetire(ownAddresses.claimEndpoint(id, args.url));
  const client = createHttpClient(args, { name: args.name, userAgent: identity.userAgent, metrics: dialerMetrics });
  group.onIdle(() => client.close());
  const { metrics, ledger, refusals, queue } = books.acquire(key, shownUrl(args.url), settings);
  group.onIdle(() => books.release(key));
  const endpoint = endpointOf(args);
  const exchange = new EndpointExchange({ endpoint, client, metrics });
  const sender = new EndpointSender({ endpoint, exchange, metrics, ledger, log });
  group.paths.push(new EndpointPath({ ledger, sender, queue: settings.enabled ? queue : undefined }));
  if (queue !== undefined) group.addDispatcher(new QueueDispatcher({ endpoint, queue, exchange, metrics, ledger, refusals, log }));
}
