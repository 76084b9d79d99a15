import type { Logger } from "../../component/index.ts";
import { type HttpClientArguments, httpClientFields, isDefaultHttpClient } from "../../http/client/arguments.ts";
import { url } from "../../http/client/url-type.ts";
import { attr, string } from "../../schema/index.ts";
import type { Connection } from "./connection.ts";
import { inClusterConnection, ownSurroundings } from "./in-cluster.ts";
import { readKubeconfig } from "./kubeconfig.ts";

/** How an API server is found: spread these among the fields of whatever talks to one. */
export const kubernetesClientFields = {
  api_server: attr(url, {
    doc: "URL of the API server, to which the settings of the HTTP client apply. Without it and `kubeconfig_file`: the server of the cluster in which the program runs.",
  }),
  kubeconfig_file: attr(string, { doc: "A kubeconfig file; its current context counts." }),
  ...httpClientFields,
};

export interface KubernetesClientArguments extends HttpClientArguments {
  readonly api_server: string;
  readonly kubeconfig_file: string;
}

/** The connection that the arguments describe. Settings that have no effect are warned about. Throws when there is none. */
export function connect(args: KubernetesClientArguments, log: Logger): Connection {
  const { api_server: server, kubeconfig_file: file, ...rest } = args;
  const given = server !== "" && file === "";
  if (!given && !isDefaultHttpClient(clientArguments(rest))) {
    log.warn("settings of the HTTP client have no effect: they apply to api_server, which is not used");
  }
  if (file !== "") {
    if (server !== "") log.warn("api_server has no effect beside kubeconfig_file", { api_server: server });
    return readKubeconfig(file);
  }
  return given ? { server, http: clientArguments(rest) } : inClusterConnection(ownSurroundings());
}

/** Without what else stands in the same block. */
function clientArguments(args: HttpClientArguments): HttpClientArguments {
  const names = Object.keys(httpClientFields) as (keyof HttpClientArguments)[];
  return Object.fromEntries(names.map((name) => [name, args[name]])) as unknown as HttpClientArguments;
}
