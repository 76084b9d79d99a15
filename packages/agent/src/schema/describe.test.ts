import { describe, expect, it } from "vitest";
import { describeFields } from "./describe.ts";
import { attr, blocks, defineBlock, labelledBlocks, optionalBlock } from "./fields.ts";
import { any } from "./types/any.ts";
import { duration } from "./types/duration.ts";
import { list } from "./types/list.ts";
import { map } from "./types/map.ts";
import { nullable } from "./types/nullable.ts";
import { secret } from "./types/secrets.ts";
import { string } from "./types/string.ts";

describe("describeFields", () => {
  it("says all that a table of arguments needs", () => {
    const inner = defineBlock({ fields: { token: attr(secret, { doc: "Token.", required: true }) } });
    const fields = {
      wait: attr(duration, { doc: "How long.", default: 15_000 }),
      params: attr(map(list(string)), { doc: "Parameters.", deprecated: true }),
      proxy: attr(nullable(string), { doc: "Proxy.", extension: true }),
      tls: optionalBlock(inner, { doc: "TLS.", required: true }),
      custom: labelledBlocks(inner, { doc: "Custom." }),
      labels: blocks({ fields: {}, rest: any }, { doc: "Labels." }),
    };
    const plain = { required: false, extension: false, deprecated: false };
    const token = { ...plain, kind: "attribute", name: "token", type: "secret", doc: "Token.", required: true, zero: true };
    expect(describeFields(fields)).toEqual([
      { ...plain, kind: "attribute", name: "wait", type: "duration", doc: "How long.", default: '"15s"', zero: false },
      {
        ...plain,
        kind: "attribute",
        name: "params",
        type: "map(list(string))",
        doc: "Parameters.",
        default: "{}",
        zero: true,
        deprecated: true,
      },
      { ...plain, kind: "attribute", name: "proxy", type: "string", doc: "Proxy.", zero: true, extension: true },
      { ...plain, kind: "block", name: "tls", doc: "TLS.", occurrence: "optional", labelled: false, required: true, fields: [token] },
      { ...plain, kind: "block", name: "custom", doc: "Custom.", occurrence: "many", labelled: true, fields: [token] },
      { ...plain, kind: "block", name: "labels", doc: "Labels.", occurrence: "many", labelled: false, rest: "any", fields: [] },
    ]);
    expect(JSON.parse(JSON.stringify(describeFields(fields)))).toEqual(describeFields(fields));
  });
});
