import type { TargetGroup } from "../../discovery/target-group.ts";
import type { HttpClient, HttpResponse } from "../../http/client/http-client.ts";
import { statusLine } from "../../http/client/status-line.ts";
import { ListReader } from "../../kubernetes/client/list-reader.ts";
import { podKind } from "../../kubernetes/objects/pod.ts";
import { podTargets } from "../../kubernetes/targets/pod-targets.ts";

/** How long an answer may take. */
const timeoutMs = 30_000;

interface KubeletArguments {
  readonly url: string;
  readonly namespaces: readonly string[];
}

/** The groups of the pods on a node. Throws when the kubelet does not answer with a list of them. */
export async function readPods(
  client: HttpClient,
  { url, namespaces }: KubeletArguments,
  signal: AbortSignal,
): Promise<readonly TargetGroup[]> {
  const wanted = new Set(namespaces);
  const groups = new Map<string, TargetGroup>();
  const reader = new ListReader((item) => {
    const pod = podKind.read(item);
    const source = `pod/${pod.key}`;
    if (wanted.size === 0 || wanted.has(pod.namespace)) groups.set(source, { source, targets: podTargets(pod, {}) });
  });
  const response: HttpResponse = await client.send({
    method: "GET",
    url: `${url.replace(/\/+$/, "")}/pods`,
    headers: [],
    signal,
    timeoutMs,
  });
  if (response.status !== 200) throw new Error(`server returned HTTP status ${statusLine(response)}`);
  reader.push(response.body);
  reader.end();
  return [...groups.values()];
}
