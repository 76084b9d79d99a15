import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixturesExist, fixturesFolder } from "../../../../../tests/support/fixtures.ts";
import { ListReader } from "../client/list-reader.ts";
import { type Pod, podKind } from "../objects/pod.ts";
import { podTargets } from "./pod-targets.ts";

const folder = join(fixturesFolder, "discovery");

interface Discovered {
  readonly scrapePool: string;
  readonly discoveredLabels: Readonly<Record<string, string>>;
}

describe.skipIf(!fixturesExist)("podTargets (needs the fixtures)", () => {
  it("gives what Prometheus discovered", () => {
    const pods: Pod[] = [];
    const reader = new ListReader((item) => pods.push(podKind.read(item)));
    reader.push(readFileSync(join(folder, "k8s-pods.json")));
    reader.end();
    const { data } = JSON.parse(readFileSync(join(folder, "oracle-targets-k8s-docker.json"), "utf8")) as {
      readonly data: { readonly activeTargets: readonly Discovered[] };
    };
    const expected = data.activeTargets.flatMap(({ scrapePool, discoveredLabels }) =>
      scrapePool === "k-pod" ? [Object.fromEntries(Object.entries(discoveredLabels).filter(([name]) => !isOfScrape(name)))] : [],
    );
    const found = pods.flatMap((pod) => podTargets(pod, {})).map((labels) => labels.toRecord());
    // Prometheus shows one of the targets that differ in labels of Kubernetes only: a container and an initialisation without ports.
    expect(found).toEqual(expect.arrayContaining(expected));
    expect(new Set(found.map((labels) => labels["__address__"]))).toEqual(new Set(expected.map((labels) => labels["__address__"])));
  });
});

/** Labels that Prometheus adds for its scrapes. */
function isOfScrape(name: string): boolean {
  return name === "job" || name === "__metrics_path__" || name === "__scheme__" || name.startsWith("__scrape_");
}
