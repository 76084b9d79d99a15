import { type Kind, type KubernetesObject, readMeta } from "./kubernetes-object.ts";

/** A namespace: only its labels and annotations are of use. */
export const namespaceKind: Kind<KubernetesObject> = {
  name: "namespaces",
  group: "/api/v1",
  role: "namespace",
  namespaced: false,
  read: (object) => readMeta(object, "namespace", false),
};
