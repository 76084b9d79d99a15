import { describe, expect, it } from "vitest";
import { TestProgram } from "../testing/test-program.ts";

const config = `
testcomponents.summation_receiver "sum" { }

testcomponents.pulse "one" {
  frequency  = "1h"
  max        = 3
  forward_to = [testcomponents.summation_receiver.sum.receiver, testcomponents.summation_receiver.sum.receiver]
}

testcomponents.tick "t" {
  frequency = "1h"
}

testcomponents.passthrough "pass" {
  input = testcomponents.tick.t.tick_time
}

declare "m" {
  argument "in" { }
  export "out" {
    value = argument.in.value
  }
}

m "i" {
  in = testcomponents.passthrough.pass.output
}
`;

async function loaded(): Promise<TestProgram> {
  const test = new TestProgram();
  expect(await test.load(config)).toEqual([]);
  return test;
}

describe("Inspector", () => {
  it("lists the components of the top level after what they depend on, without details", async () => {
    const { runtime } = await loaded();
    const list = runtime.inspect.components();
    expect(list?.map(({ localID }) => localID)).toEqual([
      "testcomponents.summation_receiver.sum",
      "testcomponents.pulse.one",
      "testcomponents.tick.t",
      "testcomponents.passthrough.pass",
      "m.i",
    ]);
    expect(Object.keys(list?.at(-1) ?? {})).toEqual([
      "name",
      "type",
      "localID",
      "moduleID",
      "label",
      "referencesTo",
      "referencedBy",
      "dataFlowEdgesTo",
      "health",
      "original",
      "arguments",
      "exports",
      "debugInfo",
      "createdModuleIDs",
      "liveDebuggingEnabled",
    ]);
    expect(list?.at(1)).toMatchObject({ arguments: [], exports: [], debugInfo: [], liveDebuggingEnabled: false, original: "" });
  });

  it("follows the data: to a receiver that is named, from anything else that is named, through no custom component", async () => {
    const test = await loaded();
    const { sum, pulse, tick, pass, custom } = {
      sum: test.component("testcomponents.summation_receiver.sum"),
      pulse: test.component("testcomponents.pulse.one"),
      tick: test.component("testcomponents.tick.t"),
      pass: test.component("testcomponents.passthrough.pass"),
      custom: test.component("m.i"),
    };
    expect(pulse.dataFlowEdgesTo).toEqual([sum.localID, sum.localID]);
    expect(pulse.referencesTo).toEqual([sum.localID]);
    expect(sum.referencedBy).toEqual([pulse.localID]);
    expect(tick.dataFlowEdgesTo).toEqual([pass.localID]);
    expect(pass.dataFlowEdgesTo).toEqual([custom.localID]);
    expect(custom).toMatchObject({ referencesTo: [pass.localID], dataFlowEdgesTo: [] });
    expect(
      test.metric(
        'alloy_component_graph_connection{controller_id="",controller_path="/",from="testcomponents.tick.t",to="testcomponents.passthrough.pass"}',
      ),
    ).toBe("1");
  });

  it("shows arguments, exports and debug info of one component", async () => {
    const test = await loaded();
    expect(test.component("testcomponents.pulse.one").arguments).toMatchObject([
      { name: "frequency", type: "attr", value: { type: "string", value: "1h0m0s" } },
      { name: "max", type: "attr", value: { type: "number", value: 3 } },
      {
        name: "forward_to",
        type: "attr",
        value: {
          type: "array",
          value: [
            { type: "capsule", value: 'capsule("testcomponents.IntReceiver")' },
            { type: "capsule", value: 'capsule("testcomponents.IntReceiver")' },
          ],
        },
      },
    ]);
    const time = test.exportsOf("testcomponents.tick.t")["tick_time"];
    expect(test.argumentsOf("m.i")).toEqual({ in: time });
    expect(test.exportsOf("m.i")).toEqual({ out: time });
    expect(test.debugInfoOf("testcomponents.passthrough.pass")).toEqual({ component_version: "v0.1-beta.0" });
  });

  it("knows components only", async () => {
    const { runtime } = await loaded();
    for (const id of ["declare.m", "m.i/export.out", "m.nope", "m.i/x/y", ""]) expect(runtime.inspect.component(id)).toBeUndefined();
  });
});
