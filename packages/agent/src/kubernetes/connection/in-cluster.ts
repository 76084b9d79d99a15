import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultHttpClient } from "../../http/client/arguments.ts";
import { readTrimmedSync } from "../../http/files.ts";
import { joinHostPort } from "../../http/server/listen-error.ts";
import { Secret } from "../../schema/index.ts";
import type { Connection } from "./connection.ts";

/** Where every pod finds the identity of its service account. */
const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Where the API server of the surrounding cluster is. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** Those of this process. */
export function ownSurroundings(): Surroundings {
  return { env: process.env, folder: serviceAccountFolder };
}

/** The connection of the pod in which the program runs. Throws with the reference's text when it runs in none. The token is read for each request. */
export function inClusterConnection({ env, folder }: Surroundings): Connection {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = env;
  if (host === "" || port === "") {
    throw new Error("unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined");
  }
  const tokenFile = join(folder, "token");
  readTrimmedSync(tokenFile);
  const authority = join(folder, "ca.crt");
  const defaults = defaultHttpClient();
  return {
    server: `https://${joinHostPort(host, Number(port))}`,
    http: {
      ...defaults,
      authorization: { type: "Bearer", credentials: new Secret(""), credentials_file: tokenFile },
      tls_config: { ...defaults.tls_config, ca_file: existsSync(authority) ? authority : "" },
    },
  };
}

/** The namespace of the pod in which the program runs. Throws when it cannot be told. */
export function ownNamespace({ folder }: Surroundings): string {
  let namespace: string;
  try {
    namespace = readFileSync(join(folder, "namespace"), "utf8").trim();
  } catch (error) {
    throw new Error(`could not determine the pod's namespace: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (namespace === "") throw new Error("could not read own namespace name (empty file)");
  return namespace;
}
