import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./flameline.ts";
import { findPart, missingParts } from "./real-parts.ts";
import { RealProcess, ScratchFolder } from "./real-process.ts";

const adminToken = "token-of-the-administrator";

/** What a test with a cluster needs, as the reason of a skipped one. */
export const missingForCluster: readonly string[] = missingParts("kube-apiserver", "etcd", "openssl");

type Labels = Readonly<Record<string, string>>;

/** What a pod is to be like. */
export interface PodShape {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly node?: string;
  readonly ip?: string;
  readonly phase?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The real kube-apiserver on a real etcd. Nothing runs pods or keeps endpoints: tests write both themselves. */
export class KubernetesCluster implements AsyncDisposable {
  readonly url: string;
  readonly token: string = adminToken;
  readonly #scratch: ScratchFolder;
  readonly #etcdUrl: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });
  #etcd: RealProcess | undefined;
  #server: RealProcess | undefined;
  readonly #serverArgs: readonly string[];
  readonly #port: number;

  private constructor(scratch: ScratchFolder, port: number, etcdPort: number) {
    this.#scratch = scratch;
    this.#port = port;
    this.url = `https://127.0.0.1:${port}`;
    this.#etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const at = (name: string): string => join(scratch.path, name);
    this.#serverArgs = [
      `--etcd-servers=${this.#etcdUrl}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${at("certs")}`,
      "--service-account-issuer=https://kubernetes.test",
      `--service-account-key-file=${at("sa.key")}`,
      `--service-account-signing-key-file=${at("sa.key")}`,
      `--token-auth-file=${at("tokens.csv")}`,
      "--authorization-mode=RBAC",
      "--service-cluster-ip-range=10.99.0.0/16",
      "--disable-admission-plugins=ServiceAccount",
    ];
  }

  /** The server signs its own certificate: it is its own authority. */
  get certificateFile(): string {
    return join(this.#scratch.path, "certs/apiserver.crt");
  }

  static async start(): Promise<KubernetesCluster> {
    const scratch = new ScratchFolder();
    const [port, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()];
    const cluster = new KubernetesCluster(scratch, port, etcdPort);
    const key = join(scratch.path, "sa.key");
    spawnSync(findPart("openssl") ?? "openssl", ["genrsa", "-out", key, "2048"]);
    writeFileSync(join(scratch.path, "tokens.csv"), `${adminToken},admin,1,system:masters\n`);
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    const etcdArgs = [
      `--data-dir=${join(scratch.path, "etcd")}`,
      `--listen-client-urls=${cluster.#etcdUrl}`,
      `--advertise-client-urls=${cluster.#etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      "--unsafe-no-fsync",
    ];
    try {
      cluster.#etcd = await RealProcess.start(findPart("etcd") ?? "etcd", etcdArgs, { port: etcdPort });
      await cluster.startServer();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** Starts the API server (again), on what etcd holds. */
  async startServer(): Promise<void> {
    this.#server = await RealProcess.start(findPart("kube-apiserver") ?? "kube-apiserver", this.#serverArgs, {
      port: this.#port,
      startLimitMs: 60_000,
    });
    for (;;) {
      if ((await this.#send("GET", "/readyz")).status === 200) return;
      await sleep(100);
    }
  }

  /** Ends the API server; etcd keeps what it has. */
  async stopServer(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  /** The object that the server answers with. Throws with its message. */
  async call(method: string, path: string, body?: object, type = "application/json"): Promise<Readonly<Record<string, unknown>>> {
    const { status, answer } = await this.#send(method, path, body, type);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${answer}`);
    return JSON.parse(answer) as Record<string, unknown>;
  }

  /** What kubectl prints. Throws with what it says when it fails. */
  kubectl(args: readonly string[]): string {
    const flags = [
      `--server=${this.url}`,
      `--token=${adminToken}`,
      "--insecure-skip-tls-verify",
      `--cache-dir=${join(this.#scratch.path, "kube")}`,
    ];
    const { status, stdout, stderr } = spawnSync("kubectl", [...flags, ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** A pod that looks as if a kubelet ran it. */
  async createPod({
    name,
    namespace = "default",
    labels,
    annotations,
    node,
    ip,
    phase = "Running",
    spec,
    status,
    metadata,
  }: PodShape): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await this.call("POST", path, {
      metadata: { name, labels, annotations, ...metadata },
      spec: { nodeName: node, automountServiceAccountToken: false, containers: [{ name: "main", image: "main:1" }], ...spec },
    });
    await this.setPodStatus(name, namespace, { phase, podIP: ip, podIPs: ip === undefined ? [] : [{ ip }], ...status });
  }

  async setPodStatus(name: string, namespace: string, status: object): Promise<void> {
    await this.call("PATCH", `/api/v1/namespaces/${namespace}/pods/${name}/status`, { status }, "application/merge-patch+json");
  }

  async deletePod(name: string, namespace = "default"): Promise<void> {
    await this.call("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`);
  }

  /** The token of a service account, which may do nothing but what these rules give it: in its namespace, or everywhere by a `ClusterRole`. */
  async serviceAccount(
    name: string,
    rules: readonly object[],
    namespace = "default",
    kind: "Role" | "ClusterRole" = "Role",
  ): Promise<string> {
    await this.call("POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
    const place = `/apis/rbac.authorization.k8s.io/v1${kind === "Role" ? `/namespaces/${namespace}` : ""}`;
    await this.call("POST", `${place}/${kind.toLowerCase()}s`, { metadata: { name }, rules });
    await this.call("POST", `${place}/${kind.toLowerCase()}bindings`, {
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    });
    const answer = await this.call("POST", `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {});
    return (answer["status"] as { readonly token: string }).token;
  }

  /**
   * Removes an object (`pods/namespace/name`) from etcd and makes it forget all changes so far: a watch that wants to go on from one of them is told 410,
   * and only a new list shows that the object is gone. The API server must be down.
   */
  async forget(object: string): Promise<void> {
    const post = async (path: string, body: object): Promise<{ readonly header: { readonly revision: string } }> =>
      (await (await fetch(this.#etcdUrl + path, { method: "POST", body: JSON.stringify(body) })).json()) as never;
    const { header } = await post("/v3/kv/deleterange", { key: Buffer.from(`/registry/${object}`).toString("base64") });
    await post("/v3/kv/compaction", { revision: header.revision, physical: true });
  }

  /** The configuration of Prometheus' discovery and of ours to reach it as the administrator. */
  get prometheusAccess(): string {
    return `api_server: ${this.url}\nbearer_token: ${adminToken}\ntls_config: {insecure_skip_verify: true}\n`;
  }

  /** The same for our components. */
  access(token: string = adminToken): string {
    return `api_server = "${this.url}"\nbearer_token = "${token}"\ntls_config {\n  insecure_skip_verify = true\n}\n`;
  }

  /** How a program runs as in a pod with this token: it finds the server and the files of its service account where a pod has them. Needs root. */
  inside(token: string, namespace: string): { readonly within: readonly string[]; readonly env: NodeJS.ProcessEnv } {
    const folder = join(this.#scratch.path, `account-${namespace}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "token"), token);
    writeFileSync(join(folder, "namespace"), namespace);
    writeFileSync(join(folder, "ca.crt"), readFileSync(this.certificateFile));
    const place = "/run/secrets/kubernetes.io";
    const prepare = `mount -t tmpfs none /run && mkdir -p ${place} && ln -s ${folder} ${place}/serviceaccount && exec "$@"`;
    return {
      within: ["unshare", "--mount", "sh", "-c", prepare, "sh"],
      env: { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(this.#port) },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.#server?.[Symbol.asyncDispose]();
    await this.#etcd?.[Symbol.asyncDispose]();
    rmSync(this.#scratch.path, { recursive: true, force: true });
  }

  #send(
    method: string,
    path: string,
    body?: object,
    type = "application/json",
  ): Promise<{ readonly status: number; readonly answer: string }> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${adminToken}`, "content-type": type };
      const sent = request(this.url + path, { method, agent: this.#agent, headers }, (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** What Prometheus discovers with this `kubernetes_sd_config` (YAML): the labels of all targets, without empty ones. */
export async function discoverWithPrometheus(config: string): Promise<readonly Labels[]> {
  const child = spawn(findPart("kubernetes-targets") ?? "kubernetes-targets", { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(config);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (output === "") throw new Error(`Prometheus: ${errors}`);
  const targets = JSON.parse(output) as readonly Labels[];
  return targets.map((labels) => Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== "")));
}
