import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { textFromBytes } from "@flameline/syntax";
import { JsonRecord } from "../../discovery/json-record.ts";
import { type HttpClientArguments, defaultHttpClient } from "../../http/client/arguments.ts";
import { systemMessage } from "../../http/errno.ts";
import { Secret, type Value } from "../../schema/index.ts";
import { decodeYaml } from "../../stdlib/yaml/from-yaml.ts";
import type { Connection } from "./connection.ts";
import { execAuthorizer } from "./exec-plugin.ts";

/**
 * The connection of a kubeconfig file's current context, by the rules of Kubernetes' clients: data in the file wins over the file that is named beside it,
 * paths are relative to the kubeconfig. Throws, with what is wrong, when the file cannot be used.
 */
export function readKubeconfig(path: string): Connection {
  const place = path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
  let text: string;
  try {
    text = textFromBytes(readFileSync(place));
  } catch (error) {
    throw new Error(`unable to read kubeconfig: open ${place}: ${systemMessage(error)}`, { cause: error });
  }
  try {
    return new Kubeconfig(text, dirname(place)).connection();
  } catch (error) {
    throw new Error(`kubeconfig ${place}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

class Kubeconfig {
  readonly #config: JsonRecord;
  readonly #folder: string;

  constructor(text: string, folder: string) {
    this.#config = JsonRecord.of(plainObject(decodeYaml(text, { scalars: "text" })));
    this.#folder = folder;
  }

  connection(): Connection {
    const context = this.#named("contexts", "context", this.#config.text("current-context"), "current-context");
    const clusterName = context.text("cluster");
    const cluster = this.#named("clusters", "cluster", clusterName, "cluster of the context");
    const userName = context.text("user");
    const user = userName === "" ? JsonRecord.empty : this.#named("users", "user", userName, "user of the context");
    const server = cluster.text("server");
    if (server === "") throw new Error(`cluster ${JSON.stringify(clusterName)} has no server`);
    if (user.has("auth-provider")) throw new Error(`user ${JSON.stringify(userName)}: auth-provider is not supported, use exec`);
    const http = this.#http(cluster, user);
    if (!user.has("exec")) return { server, http };
    const exec = user.record("exec");
    return { server, http, authorize: execAuthorizer(exec, this.#folder), identity: this.#identity(exec) };
  }

  /** Programs that are called otherwise may give other credentials. */
  #identity(exec: JsonRecord): string {
    const env = exec.records("env").map((one) => [one.text("name"), one.text("value")]);
    return JSON.stringify([this.#folder, exec.text("command"), exec.texts("args"), env]);
  }

  #http(cluster: JsonRecord, user: JsonRecord): HttpClientArguments {
    const defaults = defaultHttpClient();
    const insecure = isTrue(cluster.text("insecure-skip-tls-verify"));
    const [caPem, caFile] = this.#pemOrFile(cluster, "certificate-authority");
    const [certPem, certFile] = this.#pemOrFile(user, "client-certificate");
    const [keyPem, keyFile] = this.#pemOrFile(user, "client-key");
    return {
      ...defaults,
      ...this.#credentials(user),
      proxy_url: cluster.text("proxy-url"),
      http_headers: impersonation(user),
      tls_config: {
        ...defaults.tls_config,
        ca_pem: insecure ? "" : caPem,
        ca_file: insecure ? "" : caFile,
        cert_pem: certPem,
        cert_file: certFile,
        key_pem: new Secret(keyPem),
        key_file: keyFile,
        server_name: cluster.text("tls-server-name"),
        insecure_skip_verify: insecure,
      },
    };
  }

  #credentials(user: JsonRecord): Pick<HttpClientArguments, "basic_auth" | "authorization"> {
    const tokenFile = this.#path(user.text("tokenFile"));
    const token = tokenFile === "" ? user.text("token") : "";
    const username = user.text("username");
    const bearer = token !== "" || tokenFile !== "";
    return {
      authorization: bearer ? { type: "Bearer", credentials: new Secret(token), credentials_file: tokenFile } : undefined,
      basic_auth: username !== "" && !bearer ? { username, password: new Secret(user.text("password")), password_file: "" } : undefined,
    };
  }

  /** `name-data` is PEM in base64. */
  #pemOrFile(owner: JsonRecord, name: string): readonly [pem: string, file: string] {
    const data = owner.text(`${name}-data`);
    if (data !== "") return [Buffer.from(data, "base64").toString(), ""];
    return ["", this.#path(owner.text(name))];
  }

  #path(path: string): string {
    return path === "" || isAbsolute(path) ? path : join(this.#folder, path);
  }

  /** The member of a list that has this name. */
  #named(list: string, member: string, name: string, what: string): JsonRecord {
    if (name === "") throw new Error(`${what} is not set`);
    const entry = this.#config.records(list).find((one) => one.text("name") === name);
    if (entry === undefined) throw new Error(`${member} ${JSON.stringify(name)} does not exist`);
    return entry.record(member);
  }
}

function isTrue(text: string): boolean {
  return text.toLowerCase() === "true";
}

/** Headers that ask the server to take the request for another user's. */
function impersonation(user: JsonRecord): ReadonlyMap<string, readonly Secret[]> {
  const headers = new Map<string, readonly Secret[]>();
  const name = user.text("as");
  const groups = user.texts("as-groups");
  if (name !== "") headers.set("Impersonate-User", [new Secret(name)]);
  if (groups.length > 0)
    headers.set(
      "Impersonate-Group",
      groups.map((group) => new Secret(group)),
    );
  return headers;
}

/** What the YAML reader gives, as what JSON would give. */
function plainObject(value: Value): unknown {
  if (Array.isArray(value)) return (value as readonly Value[]).map(plainObject);
  if (value instanceof Map) {
    return Object.fromEntries(Array.from(value as ReadonlyMap<string, Value>, ([key, member]) => [key, plainObject(member)]));
  }
  return value;
}
