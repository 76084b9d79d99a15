import { flag } from "./flag.ts";
import { boolean, duration, integer, text, texts } from "./flag-types.ts";

/**
 * Flags of clustering. A cluster of one is one: it owns all targets. With others it would have to share them, which does not exist yet, so it is refused:
 * it decides which profiles are collected.
 */
export const clusterFlags = {
  "cluster.enabled": flag(boolean, {
    default: false,
    doc: "Share the targets with other instances. Not supported yet: a cluster of one is all there is.",
  }),
  "cluster.node-name": flag(text, {
    default: "",
    defaultText: "the host name",
    doc: "Name of this instance in the cluster; must be unique.",
  }),
  "cluster.advertise-address": flag(text, { default: "", doc: "Address at which other instances reach this one." }),
  "cluster.advertise-interfaces": flag(texts, {
    default: ["eth0", "en0"],
    doc: "Network interfaces from which an address is taken when none is given.",
  }),
  "cluster.join-addresses": flag(text, { default: "", doc: "Addresses of instances to join, separated by commas." }),
  "cluster.discover-peers": flag(text, { default: "", doc: "How to find instances to join: key=value settings of a discovery provider." }),
  "cluster.rejoin-interval": flag(duration, { default: 60_000, doc: "How often to look for instances again; 0 for never." }),
  "cluster.max-join-peers": flag(integer, { default: 5, doc: "How many instances to contact when joining; 0 for all." }),
  "cluster.name": flag(text, { default: "", doc: "Name of the cluster; instances of other clusters are refused." }),
  "cluster.enable-tls": flag(boolean, { default: false, doc: "Use TLS between instances." }),
  "cluster.tls-ca-path": flag(text, { default: "", doc: "CA certificates to check other instances with." }),
  "cluster.tls-cert-path": flag(text, { default: "", doc: "Certificate to show to other instances." }),
  "cluster.tls-key-path": flag(text, { default: "", doc: "Key of that certificate." }),
  "cluster.tls-server-name": flag(text, { default: "", doc: "Name that the certificates of other instances must carry." }),
  "cluster.wait-for-size": flag(integer, { default: 0, doc: "Number of instances to wait for before targets are shared out." }),
  "cluster.wait-timeout": flag(duration, { default: 0, doc: "How long to wait for that number; 0 for ever." }),
  "cluster.use-discovery-v1": flag(boolean, { default: false, ignored: true, doc: "Deprecated." }),
};
