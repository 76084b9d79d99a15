import type { Logger } from "../../component/logger.ts";
import type { Metrics } from "../../component/metrics.ts";
import type { Services } from "../../component/services.ts";
import { createHttpClient } from "../../http/client/http-client.ts";
import type { EndpointArguments, WriteArguments } from "./arguments.ts";
import { endpointOf } from "./arguments.ts";
import { EndpointGroup } from "./endpoint-group.ts";
import { EndpointSender } from "./endpoint-sender.ts";
import { OutgoingLabels } from "./outgoing-labels.ts";
import { shownUrl } from "./shown-url.ts";
import type { WriteMetrics } from "./write-metrics.ts";

export interface EndpointSurroundings {
  /** Id of the component. */
  readonly id: string;
  readonly services: Services;
  readonly metrics: WriteMetrics;
  readonly dialerMetrics: Metrics;
  readonly log: Logger;
}

/** Everything that the arguments ask for. Throws when an endpoint's certificates cannot be used, or when it is this program itself. */
export function createEndpointGroup(args: WriteArguments, surroundings: EndpointSurroundings): EndpointGroup {
  const group = new EndpointGroup(new OutgoingLabels(args.external_labels));
  try {
    for (const endpoint of args.endpoint) addEndpoint(group, endpoint, surroundings);
    return group;
  } catch (error) {
    void group.retire();
    throw error;
  }
}

function addEndpoint(
  group: EndpointGroup,
  args: EndpointArguments,
  { id, services, metrics, dialerMetrics, log }: EndpointSurroundings,
): void {
  const { identity, ownAddresses } = services;
  group.onRetire(ownAddresses.claimEndpoint(id, args.url));
  const client = createHttpClient(args, { name: args.name, userAgent: identity.userAgent, metrics: dialerMetrics });
  group.onIdle(() => client.close());
  group.senders.push(new EndpointSender({ endpoint: endpointOf(args), client, metrics: metrics.of(shownUrl(args.url)), log }));
}
