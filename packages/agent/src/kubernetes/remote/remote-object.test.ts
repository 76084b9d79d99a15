import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KubernetesCluster, missingForCluster } from "../../../../../tests/support/kubernetes.ts";
import type { Component } from "../../component/index.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { remoteKubernetesConfigmap } from "../../components/remote.kubernetes.configmap/component.ts";
import { remoteKubernetesSecret } from "../../components/remote.kubernetes.secret/component.ts";
import type { OptionalSecret } from "../../schema/index.ts";
import { refusal, scriptedApi, type Step } from "../testing/scripted-api.ts";

const data = ({ exports }: RunningComponent): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from((exports as { readonly data: ReadonlyMap<string, OptionalSecret> }).data, ([key, value]) => [key, value.reveal()]),
  );
const shown = ({ exports }: RunningComponent): string =>
  JSON.stringify([...(exports as { readonly data: ReadonlyMap<string, unknown> }).data]);

const body = (access: string, more = ""): string => `namespace = "default"\nname = "it"\n${more}\nclient {\n${access}\n}`;

describe("remote.kubernetes.*", () => {
  const answer =
    (object: object): Step =>
    (response) =>
      response.end(JSON.stringify(object));
  const start = (component: Component, url: string, more = "") =>
    RunningComponent.start(component, body(`api_server = "${url}"\nbearer_token = "t"`, more));

  it("decodes a secret that comes as JSON, and hides it", async () => {
    await using api = await scriptedApi(
      answer({ data: { user: Buffer.from("alice\n").toString("base64"), pass: Buffer.from("gehéim").toString("base64") } }),
    );
    await using running = await start(remoteKubernetesSecret, api.url);
    expect(data(running)).toEqual({ user: "alice\n", pass: "gehéim" });
    expect(shown(running)).toBe('[["user","(secret)"],["pass","(secret)"]]');
    expect(running.health).toMatchObject({ state: "healthy", message: "got secret" });
    expect(api.requests[0]).toMatchObject({
      url: "/api/v1/namespaces/default/secrets/it",
      headers: {
        authorization: "Bearer t",
        "user-agent": "Flameline/v0.0.0 (linux; binary)",
        accept: "application/vnd.kubernetes.protobuf, */*",
      },
    });
  });

  it("follows what changes, and keeps the last data while the server fails", async () => {
    let step = answer({ data: { a: "1" } });
    await using api = await scriptedApi((response, request) => step(response, request));
    await using running = await start(remoteKubernetesConfigmap, api.url, 'poll_frequency = "30ms"');
    expect(shown(running)).toBe('[["a","1"]]');
    step = answer({ data: { a: "2" } });
    await expect.poll(() => data(running)).toEqual({ a: "2" });
    step = refusal(403, 'configmaps "it" is forbidden');
    await expect.poll(() => running.health).toMatchObject({ state: "unhealthy", message: 'polling failed: configmaps "it" is forbidden' });
    expect(data(running)).toEqual({ a: "2" });
    step = (response) => response.end("k8s\0\x12");
    await expect.poll(() => running.health?.message).toContain("polling failed: the object cannot be read: ");
    step = answer({});
    await expect.poll(() => running.health?.state).toBe("healthy");
    await expect.poll(() => data(running)).toEqual({});
  });

  it("cannot be built without the object", async () => {
    await using api = await scriptedApi(refusal(404, 'secrets "it" not found'));
    await expect(start(remoteKubernetesSecret, api.url)).rejects.toThrow(/^secrets "it" not found$/);
    await expect(RunningComponent.start(remoteKubernetesSecret, 'namespace = "a"\nname = "b"')).rejects.toThrow(
      "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined",
    );
  });

  it.each([
    ['poll_frequency = "0s"', "poll_frequency must be greater than 0"],
    ['poll_timeout = "0s"', "poll_timeout must be greater than 0"],
  ])("refuses %s", async (more, problem) => {
    await expect(start(remoteKubernetesSecret, "http://127.0.0.1:9", more)).rejects.toThrow(problem);
  });
});

describe.skipIf(missingForCluster.length > 0)(
  "remote.kubernetes.* with the Kubernetes API server (needs kube-apiserver, etcd, openssl)",
  { timeout: 30_000 },
  () => {
    let cluster: KubernetesCluster;
    beforeAll(async () => (cluster = await KubernetesCluster.start()), 120_000);
    afterAll(() => cluster[Symbol.asyncDispose](), 30_000);

    it("reads what the server has, bytes and all", async () => {
      await cluster.call("POST", "/api/v1/namespaces/default/secrets", {
        metadata: { name: "it" },
        data: { pass: Buffer.from("gehéim\n").toString("base64"), raw: Buffer.from([0xff, 0x00, 0x41]).toString("base64"), empty: "" },
      });
      await cluster.call("POST", "/api/v1/namespaces/default/configmaps", {
        metadata: { name: "it", labels: { a: "b" } },
        data: { "a.txt": "hello\n", long: "x".repeat(100_000) },
        binaryData: { b: "AA==" },
      });
      await using secret = await RunningComponent.start(remoteKubernetesSecret, body(cluster.access()));
      expect(data(secret)).toEqual({ pass: "gehéim\n", raw: "\udcff\0A", empty: "" });
      await using config = await RunningComponent.start(remoteKubernetesConfigmap, body(cluster.access()));
      expect(data(config)).toEqual({ "a.txt": "hello\n", long: "x".repeat(100_000) });
    });

    it("is told when it has no right to an object", async () => {
      const token = await cluster.serviceAccount("reader", [
        { apiGroups: [""], resources: ["configmaps"], verbs: ["get"], resourceNames: ["it"] },
      ]);
      await using config = await RunningComponent.start(remoteKubernetesConfigmap, body(cluster.access(token)));
      expect(Object.keys(data(config))).toContain("a.txt");
      await expect(RunningComponent.start(remoteKubernetesSecret, body(cluster.access(token)))).rejects.toThrow(
        'secrets "it" is forbidden: User "system:serviceaccount:default:reader" cannot get resource "secrets"',
      );
    });
  },
);
