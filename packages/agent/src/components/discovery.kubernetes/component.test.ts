import { describe, expect, it } from "vitest";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundAddresses, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { events, list, pod, refusal, scriptedApi } from "../../kubernetes/testing/scripted-api.ts";
import { discoveryKubernetes } from "./component.ts";

const start = (body: string) => RunningComponent.start(discoveryKubernetes, body);
const warnings = (running: RunningComponent) => running.log.lines.filter(({ level }) => level === "warn").map(({ message }) => message);

describe("discovery.kubernetes", () => {
  it("shares one list and one watch with all that watch the same as the same user", async () => {
    await using api = await scriptedApi(list("1", [pod("a")]), events());
    const body = `role = "pod"\napi_server = "${api.url}"\n`;
    await using first = await start(body);
    await expect.poll(() => api.requests.length).toBe(2);
    await using second = await start(body);
    await expect.poll(() => foundAddresses(second)).toEqual(["10.0.0.1"]);
    expect(foundAddresses(first)).toEqual(["10.0.0.1"]);
    expect(api.requests.length).toBe(2);
    await using other = await start(`${body}bearer_token = "other"`);
    await expect.poll(() => api.requests.length).toBeGreaterThan(2);
    await other[Symbol.asyncDispose]();
  });

  it("lists anew for whoever comes when all others have gone", async () => {
    await using api = await scriptedApi(list("1", [pod("a")]), events(), list("2", [pod("b", "2", "10.0.0.2")]), events());
    const body = `role = "pod"\napi_server = "${api.url}"\n`;
    {
      await using first = await start(body);
      await expect.poll(() => api.requests.length).toBe(2);
      expect(foundAddresses(first)).toEqual(["10.0.0.1"]);
    }
    await using second = await start(body);
    await expect.poll(() => foundAddresses(second)).toEqual(["10.0.0.2"]);
  });

  it("does not hold a namespace back because of another one that cannot be listed", async () => {
    await using api = await scriptedApi((response, request) =>
      request.url.includes("/namespaces/bad/")
        ? refusal(403, "forbidden")(response, request)
        : (request.url.includes("watch=") ? events() : list("1", [pod("a")]))(response, request),
    );
    await using running = await start(`role = "pod"\napi_server = "${api.url}"\nnamespaces {\n  names = ["good", "bad"]\n}`);
    await expect.poll(() => foundAddresses(running)).toEqual(["10.0.0.1"]);
    expect(loggedErrors(running)).toEqual(["failed to list or watch objects of Kubernetes: forbidden"]);
    expect(running.log.lines.find(({ level }) => level === "error")?.fields).toMatchObject({ resource: "pods", namespace: "bad" });
  });

  it("warns about settings that have no effect", async () => {
    await using api = await scriptedApi(list("1", []), events());
    const selector = 'selectors {\n  role = "service"\n}';
    await using running = await start(`role = "pod"\napi_server = "${api.url}"\n${selector}`);
    expect(warnings(running)).toEqual(["selector has no effect: it is for other objects"]);
  });

  it.each([
    ['role = "pods"', 'invalid role: "pods", expecting one of: pod, service, endpoints, endpointslice, node or ingress'],
    ['role = "pod"', "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"],
    ['role = "pod"\nkubeconfig_file = "/nowhere"', "unable to read kubeconfig: open /nowhere: no such file or directory"],
    [
      'role = "pod"\napi_server = "http://x"\nnamespaces {\n  own_namespace = true\n}',
      "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously",
    ],
    ['role = "pod"\nselectors {\n  role = "pod"\n}\nselectors {\n  role = "pod"\n}', "duplicated selector role: pod"],
    ['role = "pod"\nselectors {\n  role = "pod"\n  field = "a"\n}', "invalid selector: 'a'; can't understand 'a'"],
    ['role = "pod"\nselectors {\n  role = "pod"\n  label = "a in b"\n}', 'unable to parse requirement: "a in b"'],
    ['role = "pod"\nselectors {\n  label = "a"\n}', 'missing required attribute "role"'],
    ['role = "pod"\nbearer_token = "a"\nbearer_token_file = "b"', "at most one of basic_auth, authorization"],
  ])("refuses %j", async (body, problem) => {
    await expect(start(body)).rejects.toThrow(problem);
  });
});
