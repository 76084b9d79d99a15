import type { Logger } from "../../component/logger.ts";
import type { LiveFeed, Runtime } from "../../runtime/index.ts";
import type { AdminBackend, LiveRate } from "../../server/backend.ts";

type LiveBackend = Pick<AdminBackend, "canBeWatched" | "watchTargets" | "liveDataDropped" | "meterFlows">;

/** What the HTTP server shows of data on its way. */
export function liveBackend(inspect: Runtime["inspect"], feed: LiveFeed, log: Logger): LiveBackend {
  return {
    canBeWatched: (id) => inspect.liveEvent(id) !== undefined,
    watchTargets(id, listener) {
      const now = inspect.liveEvent(id);
      if (now !== undefined) listener(now.lines().join("\n"));
      return feed.subscribe((event) => {
        if (event.componentId === id) listener(event.lines().join("\n"));
      });
    },
    liveDataDropped: (id) => log.warn("a client of live debugging does not keep up: data was dropped", { component_id: id }),
    meterFlows(moduleId) {
      const counts = new Map<string, number>();
      const prefix = moduleId === "" ? "" : `${moduleId}/`;
      const stop = feed.subscribe(({ componentId, count }) => {
        const local = componentId.startsWith(prefix) ? componentId.slice(prefix.length) : "/";
        if (!local.includes("/")) counts.set(local, (counts.get(local) ?? 0) + count);
      });
      const read = (): readonly LiveRate[] => {
        const listed = new Map((inspect.components(moduleId) ?? []).map((one) => [one.localID, one.dataFlowEdgesTo]));
        const rates = [...counts].map(([id, count]) => ({
          componentID: id,
          targetComponentIDs: listed.get(id) ?? [],
          type: "target" as const,
          rate: count,
        }));
        counts.clear();
        return rates;
      };
      return { read, stop };
    },
  };
}
