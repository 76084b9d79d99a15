import type { ComponentContext } from "../../component/index.ts";
import { PolledValue, type ValueSource } from "../../discovery/polled-value.ts";
import { OptionalSecret } from "../../schema/index.ts";
import { KubernetesClient } from "../client/kubernetes-client.ts";
import { connect, type KubernetesClientArguments } from "../connection/client-arguments.ts";
import { dataAccept, type DataKind, readData } from "./object-data.ts";

export interface ObjectArguments {
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds. */
  readonly poll_frequency: number;
  /** Milliseconds. */
  readonly poll_timeout: number;
  readonly client: KubernetesClientArguments;
}

type ObjectData = ReadonlyMap<string, string>;
type ObjectContext = ComponentContext<{ readonly data: ReadonlyMap<string, OptionalSecret> }>;

/** A Secret or ConfigMap whose data is exported whenever it changes. Throws when the object cannot be had. */
export function pollObject(
  context: ObjectContext,
  kind: DataKind,
  args: ObjectArguments,
): Promise<PolledValue<ObjectArguments, ObjectData>> {
  const isSecret = kind === "secrets";
  return PolledValue.open(
    {
      open: (given: ObjectArguments) => objectSource(context, kind, given),
      publish(_, data) {
        context.setExports({ data: new Map(Array.from(data, ([key, value]) => [key, new OptionalSecret(value, isSecret)])) });
      },
      healthy: isSecret ? "got secret" : "got configmap",
      failed: (error) => context.log.error("polling failed", { err: error instanceof Error ? error : String(error) }),
    },
    args,
  );
}

function objectSource({ id, log, services }: ObjectContext, kind: DataKind, args: ObjectArguments): ValueSource<ObjectData> {
  const client = new KubernetesClient(connect(args.client, log), { name: id, userAgent: services.identity.userAgent });
  const [namespace, name] = [args.namespace, args.name].map(encodeURIComponent);
  const path = `/api/v1/namespaces/${namespace}/${kind}/${name}`;
  return {
    ask: async (signal) => readData(kind, (await client.get(path, dataAccept, signal, args.poll_timeout)).body),
    close: () => client.close(),
  };
}
