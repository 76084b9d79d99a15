import type { Gauge, MetricFamily, Metrics } from "../../component/metrics.ts";
import type { EndpointBooks } from "./endpoint-books.ts";

/** The metrics of the queues on disk, looked up when they are asked for. */
export function registerQueueGauges(metrics: Metrics, books: EndpointBooks): void {
  const gauge = (name: string, help: string): MetricFamily<Gauge, "endpoint"> =>
    metrics.gauge({ name: `flameline_write_queue_${name}`, help, labels: ["endpoint"] });
  const bytes = gauge("bytes", "Bytes of the profiles in the queue on disk.");
  const fileBytes = gauge("file_bytes", "Bytes that the files of the queue take.");
  const oldest = gauge("oldest_seconds", "How long the oldest profile in the queue has been waiting.");
  const usable = gauge("usable", "1 while profiles can be kept on disk, 0 while they wait for the endpoint instead.");
  metrics.onCollect(() => {
    for (const { shownUrl: endpoint, queue } of books.all) {
      if (queue === undefined) continue;
      const { stats } = queue;
      bytes.with({ endpoint }).set(stats?.bytes ?? 0);
      fileBytes.with({ endpoint }).set(stats?.fileBytes ?? 0);
      oldest.with({ endpoint }).set(stats?.oldestAt === undefined ? 0 : Math.max(0, Date.now() - stats.oldestAt) / 1000);
      usable.with({ endpoint }).set(queue.problem === undefined ? 1 : 0);
    }
  });
}
