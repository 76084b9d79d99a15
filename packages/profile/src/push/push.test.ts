import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Labels } from "../labels/labels.ts";
import { ProfileDataError } from "../profile-data-error.ts";
import { decodeBase64 } from "./base64.ts";
import { decodePushRequest } from "./decode-push.ts";
import { encodePushRequest } from "./encode-push.ts";
import { LabelTable } from "./label-table.ts";
import { decodePushRequestJson } from "./push-json.ts";
import { defaultPushLimits, type PushLimits, type PushRequest } from "./push-request.ts";

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const requests: fc.Arbitrary<PushRequest> = fc.array(
  fc.record({
    labels: fc.dictionary(text, text, { maxKeys: 6 }).map((record) => Labels.of(record)),
    samples: fc.array(fc.record({ id: text, raw: fc.uint8Array({ maxLength: 300 }) }), { maxLength: 4 }),
  }),
  { maxLength: 5 },
);

const plain = (request: PushRequest): unknown =>
  request.map(({ labels, samples }) => ({ labels: labels.toRecord(), samples: samples.map(({ id, raw }) => ({ id, raw: [...raw] })) }));

/** An encoded request as it arrives. */
const encoded = (request: PushRequest): Uint8Array<ArrayBuffer> => Uint8Array.from(encodePushRequest(request).flatMap((part) => [...part]));

describe("encodePushRequest", () => {
  it("is undone by decodePushRequest, with and without a table", () => {
    const table = new LabelTable(3);
    fc.assert(
      fc.property(requests, (request) => {
        const bytes = encoded(request);
        expect(plain(decodePushRequest(bytes))).toEqual(plain(request));
        expect(plain(decodePushRequest(bytes, { labels: table }))).toEqual(plain(request));
      }),
    );
    expect(table.size).toBe(3);
  });

  it("leaves large profiles where they are and copies small ones", () => {
    const [small, large] = [new Uint8Array(100).fill(1), new Uint8Array(5000).fill(2)];
    const series = ["a", "b"].map((value) => ({
      labels: Labels.of({ value }),
      samples: [small, large, small, large, large].map((raw, at) => ({ id: at % 2 === 0 ? "" : `id-${at}`, raw })),
    }));
    const parts = encodePushRequest(series);
    expect(parts.filter((part) => part === large)).toHaveLength(6);
    expect(parts.filter((part) => part.length === 0)).toEqual([]);
    expect(plain(decodePushRequest(encoded(series)))).toEqual(plain(series));
  });

  it("writes protobuf, the profile last", () => {
    const bytes = encoded([{ labels: Labels.of({ a: "b" }), samples: [{ id: "i", raw: Uint8Array.of(9, 9) }] }]);
    expect([...bytes]).toEqual([0x0a, 17, 0x0a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x62, 0x12, 7, 0x12, 1, 0x69, 0x0a, 2, 9, 9]);
  });
});

describe("decodePushRequest", () => {
  const one = encoded([{ labels: Labels.of({ a: "1", b: "2" }), samples: [{ id: "x", raw: Uint8Array.of(1, 2) }] }]);

  it("gives views of the request and the same labels for the same bytes", () => {
    const labels = new LabelTable();
    const [first] = decodePushRequest(one, { labels });
    const [second] = decodePushRequest(Uint8Array.from(one), { labels });
    expect(first?.samples[0]?.raw.buffer).toBe(one.buffer);
    expect(second?.labels).toBe(first?.labels);
  });

  it("does not remember label sets of some kilobytes", () => {
    const labels = new LabelTable();
    const long = encoded([{ labels: Labels.of({ a: "x".repeat(5000) }), samples: [] }]);
    expect(decodePushRequest(long, { labels })[0]?.labels.get("a")).toHaveLength(5000);
    expect(labels.size).toBe(0);
  });

  it("takes the last of equal names, drops empty values, passes over annotations and unknown fields", () => {
    const bytes = Uint8Array.of(
      0x0a,
      28,
      0x0a,
      6,
      0x0a,
      1,
      97,
      0x12,
      1,
      49,
      0x1a,
      1,
      0,
      0x0a,
      6,
      0x0a,
      1,
      97,
      0x12,
      1,
      50,
      0x0a,
      3,
      0x0a,
      1,
      98,
      0x20,
      7,
      0x12,
      0,
    );
    expect(plain(decodePushRequest(bytes, { labels: new LabelTable() }))).toEqual([{ labels: { a: "2" }, samples: [{ id: "", raw: [] }] }]);
  });

  it("takes an empty request", () => expect(decodePushRequest(new Uint8Array())).toEqual([]));

  it.each([
    ["cut", one.subarray(0, -1), "truncated", "cannot parse invalid wire-format data"],
    ["of another kind", Uint8Array.of(7), "malformed", "cannot parse invalid wire-format data"],
    [
      "with a label that is no UTF-8",
      Uint8Array.of(0x0a, 5, 0x0a, 3, 0x0a, 1, 0xff),
      "malformed",
      "field types.v1.LabelPair.name contains invalid UTF-8",
    ],
  ])("refuses a request %s", (_, bytes, code, reason) => {
    expect(() => decodePushRequest(bytes)).toThrow(
      expect.objectContaining({ code, message: `unmarshal into *pushv1.PushRequest: proto:\u{a0}${reason}` }),
    );
  });

  it.each<[string, Partial<PushLimits>]>([
    ["more than 0 series in a request", { maxSeries: 0 }],
    ["more than 0 profiles in a request", { maxSamples: 0 }],
    ["more than 1 labels in a series", { maxLabels: 1 }],
  ])("refuses %s when that is the limit", (message, more) => {
    const limits = { ...defaultPushLimits, ...more };
    const refusal = expect.objectContaining({ code: "too_large", message });
    expect(() => decodePushRequest(one, { limits })).toThrow(refusal);
    const json = '{"series": [{"labels": [{"name": "a", "value": "b"}, {"name": "c", "value": "d"}], "samples": [{}]}]}';
    expect(() => decodePushRequestJson(json, limits)).toThrow(refusal);
  });

  it("answers damaged requests with a value or its own error", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(requests, changes, fc.nat({ max: 20 }), (request, damage, cut) => {
        const bytes = encoded(request);
        for (const [at, byte] of damage) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        expectOwnErrors(() => decodePushRequest(bytes.subarray(0, Math.max(0, bytes.length - cut)), { labels: new LabelTable() }));
      }),
    );
  });
});

function expectOwnErrors(run: () => void): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ProfileDataError);
  }
}

describe("decodePushRequestJson", () => {
  it("reads both spellings of names, both alphabets and ignores what it does not know", () => {
    const json = `{"series":[{"labels":[{"name":"a","value":"1"},{"name":"b","value":null}],"x":1,"samples":[
      {"ID":"u","rawProfile":"-_8="},{"raw_profile":"+/8"},{"id":"lower"}]},{}],"more":{}}`;
    expect(plain(decodePushRequestJson(json))).toEqual([
      {
        labels: { a: "1" },
        samples: [
          { id: "u", raw: [251, 255] },
          { id: "", raw: [251, 255] },
          { id: "", raw: [] },
        ],
      },
      { labels: {}, samples: [] },
    ]);
  });

  it.each([
    ["", "zero-length payload is not a valid JSON object"],
    ['{"series":', "unmarshal into *pushv1.PushRequest: proto:\u{a0}unexpected EOF"],
    ["null", "unmarshal into *pushv1.PushRequest: proto:\u{a0}syntax error (line 1:1): unexpected token null"],
    ["\n []", "unmarshal into *pushv1.PushRequest: proto:\u{a0}syntax error (line 2:2): unexpected token []"],
    ['{"series":{}}', "unmarshal into *pushv1.PushRequest: proto:\u{a0}unexpected token { for field series"],
    ['{"series":[1]}', "unmarshal into *pushv1.PushRequest: proto:\u{a0}unexpected token 1 in field series"],
    ['{"series":[{"samples":[{"ID":7}]}]}', "unmarshal into *pushv1.PushRequest: proto:\u{a0}invalid value for string field ID: 7"],
    [
      '{"series":[{"samples":[{"rawProfile":"*"}]}]}',
      "unmarshal into *pushv1.PushRequest: proto:\u{a0}invalid value for bytes field rawProfile",
    ],
    ['{"series":[{"labels":[{"name":"\\ud800"}]}]}', "unmarshal into *pushv1.PushRequest: proto:\u{a0}field name contains invalid UTF-8"],
  ])("refuses %j", (json, message) =>
    expect(() => decodePushRequestJson(json)).toThrow(expect.objectContaining({ code: "malformed", message })),
  );

  it("says where the syntax is wrong", () => {
    expect(() => decodePushRequestJson('{"series":\n [x]}')).toThrow(/^unmarshal into .*syntax error/);
  });

  it("throws nothing but its own errors", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"series":${json}}`),
        ),
        (json) => expectOwnErrors(() => decodePushRequestJson(json)),
      ),
    );
  });
});

describe("decodeBase64", () => {
  it("reads what others write", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const standard = btoa(String.fromCharCode(...bytes));
        const url = standard.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
        expect(decodeBase64(standard)).toEqual(bytes);
        expect(decodeBase64(url)).toEqual(bytes);
      }),
    );
  });

  it("refuses other texts", () =>
    expect(["A", "A=B=", "é", "AAAAA"].map(decodeBase64)).toEqual([undefined, undefined, undefined, undefined]));
});
