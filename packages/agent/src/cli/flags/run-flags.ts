import { clusterFlags } from "./cluster-flags.ts";
import { configFlags } from "./common-flags.ts";
import type { FlagValues } from "./flag.ts";
import { flag } from "./flag.ts";
import { boolean, duration, text } from "./flag-types.ts";

const serverFlags = {
  "server.http.listen-addr": flag(text, {
    default: "127.0.0.1:12345",
    doc: "Address of the HTTP server for readiness, reload, metrics, API and pages.",
  }),
  "server.http.memory-addr": flag(text, {
    default: "alloy.internal:12345",
    ignored: true,
    doc: "Address for connections inside the process.",
  }),
  "server.http.ui-path-prefix": flag(text, { default: "/", doc: "Path below which the pages and their API are served." }),
  "server.http.enable-pprof": flag(boolean, { default: true, doc: "Serve profiles of this process at /debug/pprof/." }),
  "server.http.disable-support-bundle": flag(boolean, { default: false, doc: "Refuse requests for a support bundle." }),
  "server.http.enable-graphql": flag(boolean, { default: false, ignored: true, experimental: true, doc: "There is no GraphQL API here." }),
  "server.http.enable-graphql-playground": flag(boolean, {
    default: false,
    ignored: true,
    experimental: true,
    doc: "There is no GraphQL API here.",
  }),
};

const featureFlags = {
  "feature.component-shutdown-deadline": flag(duration, {
    default: 600_000,
    doc: "How long a component may take to stop before it is given up; 0 for no limit.",
  }),
  "feature.prometheus.direct-fanout.enabled": flag(boolean, {
    default: false,
    ignored: true,
    experimental: true,
    doc: "Only meant for metric pipelines.",
  }),
  "feature.prometheus.metric-validation-scheme": flag(text, { default: "", ignored: true, doc: "Deprecated." }),
};

/** Flags of `run`. */
export const runFlags = {
  ...serverFlags,
  "storage.path": flag(text, { default: "data-alloy/", doc: "Directory for what must survive a restart; made when it does not exist." }),
  "queue.enabled": flag(boolean, {
    default: true,
    extension: true,
    doc: "Whether pyroscope.write keeps profiles on disk until they are delivered, where its queue block does not say.",
  }),
  ...configFlags,
  ...featureFlags,
  ...clusterFlags,
  "disable-reporting": flag(boolean, { default: false, doc: "Accepted; this program never reports how it is used." }),
  "windows.priority": flag(text, { default: "normal", ignored: true, doc: "Priority of the process on Windows." }),
};

export type RunFlags = FlagValues<typeof runFlags>;
