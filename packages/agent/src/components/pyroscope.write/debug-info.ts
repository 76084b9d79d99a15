import type { Fields } from "../../schema/index.ts";
import { attr, blocks, byteSize, defineBlock, int, string } from "../../schema/index.ts";
import type { EndpointBook, EndpointBooks } from "./endpoint-books.ts";
import type { Refusal } from "./refusals.ts";

const refusalBlock = defineBlock({
  fields: {
    time: attr(string, { required: true, doc: "When the endpoint refused it." }),
    service: attr(string, { required: true, doc: "`service_name` of the profile." }),
    type: attr(string, { required: true, doc: "`__name__` of the profile." }),
    profiles: attr(int, { required: true, doc: "How many profiles the refused request held." }),
    code: attr(string, { required: true, doc: "Connect's code of the refusal." }),
    error: attr(string, { required: true, doc: "What the server said." }),
  },
});

const endpointInfoBlock = defineBlock({
  fields: {
    url: attr(string, { required: true, doc: "The endpoint, without its password." }),
    accepted: attr(int, { required: true, doc: "Profiles taken in, those found in the queue at start among them." }),
    delivered: attr(int, { required: true, doc: "Profiles that the endpoint has." }),
    queued: attr(int, { required: true, doc: "Profiles on disk or under way." }),
    expired: attr(int, { required: true, doc: "Profiles that waited longer than `max_age`." }),
    evicted: attr(int, { required: true, doc: "Profiles that made room for newer ones." }),
    rejected: attr(int, { required: true, doc: "Profiles that were refused for good or given up." }),
    queue_folder: attr(string, { doc: "Where the queue is; empty without one." }),
    queue_size: attr(byteSize, { doc: "What its files take." }),
    queue_oldest: attr(string, { doc: "Since when the oldest profile has been waiting; empty when none is." }),
    queue_problem: attr(string, { doc: "Why profiles cannot be kept on disk; empty when they can." }),
    refusal: blocks(refusalBlock, { doc: "One of the latest profiles that the endpoint refused for good." }),
  },
});

/** The component's page: a block with the accounts for each endpoint that has a queue or was given profiles. */
export const debugInfoFields = {
  endpoint: blocks(endpointInfoBlock, { extension: true, doc: "What became of the profiles for an endpoint." }),
} satisfies Fields;

export function debugInfoOf(books: EndpointBooks): unknown {
  return { endpoint: books.all.filter(({ queue, ledger }) => queue !== undefined || ledger.totals.accepted > 0).map(endpointInfo) };
}

function endpointInfo({ shownUrl, ledger, queue, refusals }: EndpointBook): unknown {
  const stats = queue?.stats;
  return {
    url: shownUrl,
    ...ledger.totals,
    queue_folder: queue?.folder ?? "",
    queue_size: stats?.fileBytes ?? 0,
    queue_oldest: stats?.oldestAt === undefined ? "" : new Date(stats.oldestAt).toISOString(),
    queue_problem: queue?.problem ?? "",
    refusal: refusals.latest.map(refusalInfo),
  };
}

function refusalInfo({ at, service, type, profiles, code, message }: Refusal): unknown {
  return { time: at.toISOString(), service, type, profiles, code, error: message };
}
