import type { MessageShape } from "../client/message-shape.ts";

const metadata: MessageShape = {
  1: ["name", "text"],
  3: ["namespace", "text"],
  5: ["uid", "text"],
  6: ["resourceVersion", "text"],
  11: ["labels", "map"],
  12: ["annotations", "map"],
  13: ["ownerReferences", [{ 1: ["kind", "text"], 3: ["name", "text"], 6: ["controller", "bool"] }]],
};

const container: MessageShape = {
  1: ["name", "text"],
  2: ["image", "text"],
  6: ["ports", [{ 1: ["name", "text"], 3: ["containerPort", "number"], 4: ["protocol", "text"] }]],
};

const containerStatus: MessageShape = { 1: ["name", "text"], 8: ["containerID", "text"] };

/**
 * What is read of a pod in binary form, with the numbers of `k8s.io/api/core/v1/generated.proto`. Left out is most of it: `managedFields`, environments, probes,
 * volumes.
 */
export const podShape: MessageShape = {
  1: ["metadata", metadata],
  2: ["spec", { 2: ["containers", [container]], 10: ["nodeName", "text"], 20: ["initContainers", [container]] }],
  3: [
    "status",
    {
      1: ["phase", "text"],
      2: ["conditions", [{ 1: ["type", "text"], 2: ["status", "text"] }]],
      5: ["hostIP", "text"],
      6: ["podIP", "text"],
      8: ["containerStatuses", [containerStatus]],
      10: ["initContainerStatuses", [containerStatus]],
    },
  ],
};
