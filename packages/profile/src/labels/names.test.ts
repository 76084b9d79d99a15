import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAppName, parseAppName } from "./app-name.ts";
import { Labels } from "./labels.ts";
import { inferServiceName } from "./service-name.ts";
import { validateLabels } from "./validate.ts";

describe("parseAppName", () => {
  it.each([
    ["app", { __name__: "app" }],
    [" app.cpu/x-1 {k = v , l=a=b}", { __name__: "app.cpu/x-1", k: "v", l: "a=b" }],
    ["app{k=v,}", { __name__: "app", k: "v" }],
    ["app{}", { __name__: "app" }],
    ["app{bad-text}", { __name__: "app" }],
    ["app{bad}k=v}", { __name__: "app" }],
    ["app{k=v}trail", { __name__: "app", k: "v" }],
    ["app{k=v}trail=x", { __name__: "app", k: "v" }],
    ["app{k=v}l=w}", { __name__: "app", k: "v", l: "w" }],
    ["app{k=v", { __name__: "app" }],
    ["app{k=}", { __name__: "app" }],
    ["app{__name__=other,a.b=1}", { __name__: "other", "a.b": "1" }],
  ])("reads %j", (text, labels) => expect(parseAppName(text).labels?.toRecord()).toEqual(labels));

  it.each([
    ["", "service name is required"],
    ["{}", "service name is required"],
    ["app with", "invalid service name: app with: character is not allowed: ' '"],
    ["é", "invalid service name: é: character is not allowed: 'é'"],
    ["app{=v}", "label name is required"],
    ["app{{k=v}}", "invalid label name: {k: character is not allowed: '{'"],
    ["app{k=v}{l=w}", "invalid label name: {l: character is not allowed: '{'"],
    ["app{env,k=v}", "invalid label name: env,k: character is not allowed: ','"],
    ["app{a-b=v}", "invalid label name: a-b: character is not allowed: '-'"],
  ])("refuses %j", (text, error) => expect(parseAppName(text)).toEqual({ error }));

  it("reads back what formatAppName prints", () => {
    const name = fc.stringMatching(/^[a-z0-9_.]{1,8}$/);
    const value = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((text) => !/[,}]/.test(text) && text.trim() === text);
    fc.assert(
      fc.property(fc.dictionary(name, value), (record) => {
        const labels = Labels.of({ ...record, __name__: "app" });
        expect(parseAppName(formatAppName(labels)).labels).toEqual(labels);
      }),
    );
  });
});

describe("formatAppName", () => {
  it("puts the application before the sorted labels", () => {
    expect(formatAppName(Labels.of({ b: "2", a: "1", __name__: "app" }))).toBe("app{a=1,b=2}");
    expect(formatAppName(Labels.of({ __name__: "app" }))).toBe("app{}");
  });
});

describe("validateLabels", () => {
  it.each([
    [[], "service name is required"],
    [
      [
        ["a", "1"],
        ["a", "2"],
      ],
      "duplicate label name: a",
    ],
    [[["a", "\udcff"]], "invalid label value for a: \udcff"],
    [[["", "x"]], "invalid label name: label name is required"],
    [[["a-b", "x"]], "invalid label name: invalid label name: a-b: character is not allowed: '-'"],
  ] as const)("says what is wrong with %j", (labels, error) => expect(validateLabels(labels)).toBe(error));

  it("takes dots, leading digits and any text as a value", () => {
    expect(validateLabels(Labels.of({ __name__: "x", "1a.b": "é\n" }))).toBeUndefined();
  });
});

describe("inferServiceName", () => {
  const kubernetes = { __meta_kubernetes_namespace: "ns", __meta_kubernetes_pod_container_name: "c" };

  it.each([
    [{ service_name: "own", ...kubernetes }, "own"],
    [{ __meta_kubernetes_pod_annotation_pyroscope_io_service_name: "noted", ...kubernetes }, "noted"],
    [{ ...kubernetes, __meta_docker_container_name: "/d" }, "ns/c"],
    [{ __meta_kubernetes_namespace: "ns", __meta_docker_container_name: "/d" }, "/d"],
    [{ __meta_dockerswarm_service_name: "s", __meta_dockerswarm_container_label_service_name: "l" }, "l"],
    [{ __meta_dockerswarm_service_name: "s" }, "s"],
    [{}, "unspecified"],
  ])("takes the best source of %j", (labels, name) => expect(inferServiceName(Labels.of(labels))).toBe(name));

  it("takes other sources and another last resort", () => {
    expect(inferServiceName(Labels.of({ exe: "java" }), ["exe"])).toBe("java");
    expect(inferServiceName(Labels.empty, ["exe"], "none")).toBe("none");
  });
});
