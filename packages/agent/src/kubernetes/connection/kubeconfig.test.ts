import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ScratchFolder } from "../../../../../tests/support/real-process.ts";
import { connectionKey } from "./connection.ts";
import { inClusterConnection, ownNamespace } from "./in-cluster.ts";
import { readKubeconfig } from "./kubeconfig.ts";

let scratch: ScratchFolder;
beforeEach(() => (scratch = new ScratchFolder()));
afterEach(() => scratch[Symbol.dispose]());

function written(cluster: string, user = "{}", context = "{cluster: c, user: u}"): string {
  const path = join(scratch.path, "config");
  writeFileSync(
    path,
    `apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts:\n- {name: other}\n- {name: x, context: ${context}}\nclusters:\n- {name: c, cluster: ${cluster}}\nusers:\n- {name: u, user: ${user}}\n`,
  );
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("readKubeconfig", () => {
  it("takes server, authority and client certificate; data wins over files, which are beside the kubeconfig", () => {
    const cluster = `{server: "https://k:6443/x", certificate-authority: ca.pem, tls-server-name: kube, proxy-url: "http://p:1"}`;
    const { server, http } = readKubeconfig(
      written(cluster, `{client-certificate-data: ${base64("CERT")}, client-certificate: no.pem, client-key: /abs/key.pem}`),
    );
    const { tls_config: tls } = http;
    expect([server, http.proxy_url]).toEqual(["https://k:6443/x", "http://p:1"]);
    expect([tls.ca_pem, tls.ca_file, tls.server_name, tls.insecure_skip_verify]).toEqual(["", join(scratch.path, "ca.pem"), "kube", false]);
    expect([tls.cert_pem, tls.cert_file, tls.key_pem.reveal(), tls.key_file]).toEqual(["CERT", "", "", "/abs/key.pem"]);
  });

  it("takes a token, which may look like a number, a token file before it, or a password", () => {
    const token = readKubeconfig(written("{server: s}", "{token: 0123}")).http.authorization;
    expect([token?.type, token?.credentials.reveal(), token?.credentials_file]).toEqual(["Bearer", "0123", ""]);
    const file = readKubeconfig(written("{server: s}", "{token: a, tokenFile: t}")).http.authorization;
    expect([file?.credentials.reveal(), file?.credentials_file]).toEqual(["", join(scratch.path, "t")]);
    const basic = readKubeconfig(written("{server: s}", "{username: n, password: p}")).http.basic_auth;
    expect([basic?.username, basic?.password.reveal()]).toEqual(["n", "p"]);
    const headers = readKubeconfig(written("{server: s}", "{as: other, as-groups: [g, h]}")).http.http_headers;
    expect(Array.from(headers, ([name, values]) => [name, values.map((value) => value.reveal())])).toEqual([
      ["Impersonate-User", ["other"]],
      ["Impersonate-Group", ["g", "h"]],
    ]);
  });

  it("ignores an authority when nothing is to be verified", () => {
    const { tls_config: tls } = readKubeconfig(written("{server: s, insecure-skip-tls-verify: true, certificate-authority: ca.pem}")).http;
    expect([tls.insecure_skip_verify, tls.ca_file]).toEqual([true, ""]);
  });

  it("gets tokens from a program, and keeps one until shortly before it ends", async () => {
    const program = join(scratch.path, "plugin");
    const script = [
      "#!/bin/sh",
      `echo . >> ${scratch.path}/calls`,
      `count=$(wc -l < ${scratch.path}/calls)`,
      `echo "{\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"$1-$EXTRA-$count\\",\\"expirationTimestamp\\":\\"$(cat ${scratch.path}/end)\\"}}"`,
    ];
    writeFileSync(program, script.join("\n"), { mode: 0o755 });
    const user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [arg], env: [{name: EXTRA, value: e}]}}";
    const { authorize } = readKubeconfig(written("{server: s}", user));
    writeFileSync(join(scratch.path, "end"), new Date(Date.now() + 30_000).toISOString());
    expect(await authorize?.()).toBe("Bearer arg-e-1");
    writeFileSync(join(scratch.path, "end"), new Date(Date.now() + 3_600_000).toISOString());
    expect(await Promise.all([authorize?.(), authorize?.()])).toEqual(["Bearer arg-e-2", "Bearer arg-e-2"]);
    expect(await authorize?.()).toBe("Bearer arg-e-2");
  });

  it("says what a program has against giving a token", async () => {
    writeFileSync(join(scratch.path, "plugin"), "#!/bin/sh\necho please log in >&2\nexit 1\n", { mode: 0o755 });
    const { authorize } = readKubeconfig(written("{server: s}", "{exec: {command: ./plugin}}"));
    await expect(authorize?.()).rejects.toThrow(/getting credentials: .*plugin: please log in/);
  });

  it("does not show the arguments of a program that fails", async () => {
    writeFileSync(join(scratch.path, "failing"), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
    const { authorize } = readKubeconfig(written("{server: s}", "{exec: {command: ./failing, args: [--password, s3cr3t]}}"));
    const failure = await Promise.resolve(authorize?.()).catch(String);
    expect(failure).toMatch(/^Error: getting credentials: .*failing.*3/);
    expect(failure).not.toContain("s3cr3t");
  });

  it.each([
    ["{server: s}", "{}", "{cluster: d, user: u}", 'cluster "d" does not exist'],
    ["{server: s}", "{}", "{cluster: c, user: v}", 'user "v" does not exist'],
    ["{}", "{}", "{cluster: c, user: u}", 'cluster "c" has no server'],
    ["{server: s}", "{auth-provider: {name: gcp}}", "{cluster: c, user: u}", 'user "u": auth-provider is not supported, use exec'],
    ["{server: [}", "{}", "{cluster: c}", "yaml: "],
  ])("refuses %j %j %j", (cluster, user, context, problem) => {
    expect(() => readKubeconfig(written(cluster, user, context))).toThrow(problem);
  });

  it("names a file that is not there, and one without a current context", () => {
    expect(() => readKubeconfig("/nowhere/config")).toThrow("unable to read kubeconfig: open /nowhere/config: no such file or directory");
    const path = join(scratch.path, "empty");
    writeFileSync(path, "");
    expect(() => readKubeconfig(path)).toThrow(`kubeconfig ${path}: current-context is not set`);
  });
});

describe("inClusterConnection", () => {
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };

  it("takes what every pod finds", () => {
    const folder = join(scratch.path, "serviceaccount");
    mkdirSync(folder);
    for (const [name, text] of Object.entries({ token: "t\n", "ca.crt": "", namespace: "mine\n" })) writeFileSync(join(folder, name), text);
    const { server, http } = inClusterConnection({ env, folder });
    expect([server, http.authorization?.credentials_file, http.tls_config.ca_file]).toEqual([
      "https://[fd00::1]:443",
      join(folder, "token"),
      join(folder, "ca.crt"),
    ]);
    expect(ownNamespace({ env, folder })).toBe("mine");
  });

  it("says what is missing outside of a cluster", () => {
    const { path: folder } = scratch;
    expect(() => inClusterConnection({ env: {}, folder })).toThrow("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined");
    expect(() => inClusterConnection({ env, folder })).toThrow("token: no such file or directory");
    expect(() => ownNamespace({ env, folder })).toThrow("could not determine the pod's namespace: ");
    writeFileSync(join(folder, "namespace"), "\n");
    expect(() => ownNamespace({ env, folder })).toThrow("could not read own namespace name (empty file)");
  });
});

describe("connectionKey", () => {
  it("tells users with different secrets apart", () => {
    const keyOf = (user: string): string => connectionKey(readKubeconfig(written("{server: s}", user)));
    expect(keyOf("{token: a}")).toBe(keyOf("{token: a}"));
    expect(new Set(["{token: a}", "{token: b}", "{}", "{exec: {command: x}}"].map(keyOf)).size).toBe(4);
    expect(keyOf("{token: secret-word}")).not.toContain("secret-word");
  });
});
