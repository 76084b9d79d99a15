import type { Gauge, MetricFamily, Metrics } from "../../component/metrics.ts";
import type { EndpointBooks } from "./endpoint-books.ts";
import type { EndpointQueue } from "./endpoint-queue.ts";

/** The metrics of the queues on disk, looked up when they are asked for. Those of endpoints with one URL are shown together. */
export function registerQueueGauges(metrics: Metrics, books: EndpointBooks): void {
  const gauge = (name: string, help: string): MetricFamily<Gauge, "endpoint"> =>
    metrics.gauge({ name: `flameline_write_queue_${name}`, help, labels: ["endpoint"] });
  const bytes = gauge("bytes", "Bytes of the profiles in the queue on disk.");
  const fileBytes = gauge("file_bytes", "Bytes that the files of the queue take.");
  const oldest = gauge("oldest_seconds", "How long the oldest profile in the queue has been waiting.");
  const usable = gauge("usable", "1 while profiles can be kept on disk, 0 while they wait for the endpoint instead.");
  let shown: ReadonlySet<string> = new Set();
  metrics.onCollect(() => {
    const queues = queuesByUrl(books);
    for (const endpoint of shown) {
      if (!queues.has(endpoint)) for (const family of [bytes, fileBytes, oldest, usable]) family.remove({ endpoint });
    }
    shown = new Set(queues.keys());
    for (const [endpoint, those] of queues) {
      const stats = those.flatMap((queue) => queue.stats ?? []);
      const oldestAt = Math.min(...stats.map((one) => one.oldestAt ?? Infinity));
      bytes.with({ endpoint }).set(stats.reduce((sum, one) => sum + one.bytes, 0));
      fileBytes.with({ endpoint }).set(stats.reduce((sum, one) => sum + one.fileBytes, 0));
      oldest.with({ endpoint }).set(oldestAt === Infinity ? 0 : Math.max(0, Date.now() - oldestAt) / 1000);
      usable.with({ endpoint }).set(those.every(({ problem }) => problem === undefined) ? 1 : 0);
    }
  });
}

function queuesByUrl(books: EndpointBooks): ReadonlyMap<string, readonly EndpointQueue[]> {
  const queues = new Map<string, EndpointQueue[]>();
  for (const { shownUrl, queue } of books.all) {
    if (queue === undefined) continue;
    const those = queues.get(shownUrl);
    if (those === undefined) queues.set(shownUrl, [queue]);
    else those.push(queue);
  }
  return queues;
}
