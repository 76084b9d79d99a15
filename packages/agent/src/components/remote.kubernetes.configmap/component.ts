import type { Component } from "../../component/index.ts";
import { defineRemoteObject } from "../../kubernetes/remote/define-remote-object.ts";

export const remoteKubernetesConfigmap: Component = defineRemoteObject({
  name: "remote.kubernetes.configmap",
  kind: "configmaps",
  doc:
    "Exports the data of a ConfigMap. While the API server does not give it, the last data stays in use and the component is unhealthy. A ConfigMap that " +
    "cannot be had at the start is an error.",
  data: "The values by their keys; white space around them stays.",
});
