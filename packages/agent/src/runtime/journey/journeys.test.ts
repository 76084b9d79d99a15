import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { Journeys, maxIncidents, maxTrails } from "./journeys.ts";

const cpu = Labels.of({ __name__: "process_cpu", service_name: "shop" });

describe("Journeys", () => {
  it("counts the steps of a service and type, hop by hop, with the latest reason", () => {
    let now = 1000;
    const journeys = new Journeys(() => now);
    const receiver = journeys.hop("pyroscope.receive_http.sdks");
    const sink = journeys.hop("pyroscope.write.sink", "http://sink");
    receiver.note("received", cpu, 1);
    now = 2000;
    receiver.note("received", Labels.of({ __name__: "process_cpu", service_name: "shop", pod: "other" }), 2);
    sink.note("retrying", cpu, 1, "unavailable");
    sink.note("retrying", { service: "shop", type: "process_cpu" }, 1, "still unavailable");
    expect(journeys.trails("shop")).toEqual([
      {
        service: "shop",
        type: "process_cpu",
        steps: [
          { component: "pyroscope.receive_http.sdks", part: "", step: "received", profiles: 3, firstAt: 1000, lastAt: 2000, reason: "" },
          {
            component: "pyroscope.write.sink",
            part: "http://sink",
            step: "retrying",
            profiles: 2,
            firstAt: 2000,
            lastAt: 2000,
            reason: "still unavailable",
          },
        ],
      },
    ]);
    expect(journeys.trails("other")).toEqual([]);
    expect(journeys.incidents("shop").map(({ reason }) => reason)).toEqual(["still unavailable", "unavailable"]);
  });

  it("names a profile without a service by its application", () => {
    const journeys = new Journeys();
    journeys.hop("a").note("received", Labels.of({ __name__: "app.cpu" }), 1);
    expect(journeys.trails().map(({ service }) => service)).toEqual(["app.cpu"]);
  });

  it("forgets the services of which nothing was heard for longest, and begins anew with them", () => {
    let now = 0;
    const journeys = new Journeys(() => (now += 1));
    const hop = journeys.hop("a");
    const first = Labels.of({ service_name: "service-0" });
    hop.note("received", first, 1);
    for (let index = 1; index <= 3 * maxTrails; index += 1) hop.note("received", { service: `service-${index}`, type: "" }, 1);
    expect(journeys.trails().length).toBeLessThanOrEqual(maxTrails);
    expect(journeys.trails("service-0")).toEqual([]);
    hop.note("received", first, 1);
    expect(journeys.trails("service-0")[0]?.steps[0]?.profiles).toBe(1);
  });

  it("keeps the latest incidents and bounds their reasons", () => {
    const journeys = new Journeys();
    const hop = journeys.hop("a");
    for (let index = 0; index < maxIncidents + 10; index += 1) hop.note("rejected", cpu, 1, `reason ${index} ${"x".repeat(10_000)}`);
    const incidents = journeys.incidents();
    expect(incidents).toHaveLength(maxIncidents);
    expect(incidents[0]?.reason).toMatch(new RegExp(`^reason ${maxIncidents + 9} `));
    expect(Math.max(...incidents.map(({ reason }) => reason.length))).toBe(500);
  });

  it("takes no more memory than it says, whatever senders, servers and configurations call things", () => {
    let now = 0;
    const journeys = new Journeys(() => (now += 1));
    const long = "x".repeat(1_000_000);
    const service = Labels.of({ service_name: long, __name__: long });
    for (let reload = 0; reload < 300; reload += 1)
      journeys.hop("pyroscope.write.a", `http://${reload}`).note("rejected", service, 1, long);
    const [trail] = journeys.trails();
    expect(trail?.service).toHaveLength(500);
    expect(trail?.steps).toHaveLength(200);
    expect(trail?.steps.at(-1)?.part).toBe("http://299");
    expect(JSON.stringify(journeys.incidents()).length).toBeLessThan(300 * 2000);
    expect(JSON.stringify(journeys.trails()).length).toBeLessThan(200 * 1000);
  });
});
