import { type Component, defineComponent } from "../../component/index.ts";
import { normalizeHttpClient, validateHttpClient } from "../../http/client/arguments.ts";
import { attr, block, defineBlock, duration, map, optionalSecret, string } from "../../schema/index.ts";
import { kubernetesClientFields } from "../connection/client-arguments.ts";
import type { DataKind } from "./object-data.ts";
import { pollObject } from "./poll-object.ts";

const clientBlock = defineBlock({ fields: kubernetesClientFields, validate: validateHttpClient, normalize: normalizeHttpClient });

interface RemoteObject {
  readonly name: string;
  readonly kind: DataKind;
  readonly doc: string;
  /** What the values are, for the documentation. */
  readonly data: string;
}

/** A component that exports the data of one object. */
export function defineRemoteObject({ name, kind, doc, data }: RemoteObject): Component {
  return defineComponent({
    name,
    stability: "generally-available",
    doc,
    arguments: {
      namespace: attr(string, { required: true, doc: "Namespace of the object." }),
      name: attr(string, { required: true, doc: "Name of the object." }),
      poll_frequency: attr(duration, { default: 60_000, doc: "How often it is looked at." }),
      poll_timeout: attr(duration, { default: 15_000, doc: "How long a request may take." }),
      client: block(clientBlock, { doc: "The API server; the one of the surrounding cluster by default." }),
    },
    validate({ poll_frequency: frequency, poll_timeout: timeout }) {
      if (frequency <= 0) return "poll_frequency must be greater than 0";
      return timeout <= 0 ? "poll_timeout must be greater than 0" : undefined;
    },
    exports: { data: attr(map(optionalSecret), { doc: data }) },
    build: (context, args) => pollObject(context, kind, args),
  });
}
