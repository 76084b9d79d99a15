import type { Component } from "../../component/index.ts";
import { defineRemoteObject } from "../../kubernetes/remote/define-remote-object.ts";

export const remoteKubernetesSecret: Component = defineRemoteObject({
  name: "remote.kubernetes.secret",
  kind: "secrets",
  doc:
    "Exports the data of a Secret. While the API server does not give it, the last data stays in use and the component is unhealthy. A Secret that cannot be " +
    "had at the start is an error.",
  data: "The decoded values by their keys, all of them secrets; white space around them stays.",
});
