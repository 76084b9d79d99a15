import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { encodeArguments, equalArguments } from "./arguments.ts";
import { describeFields } from "./describe.ts";
import { attr, block, defineBlock } from "./fields.ts";
import { formatValue } from "./format-value.ts";
import { renderArguments, renderExports, renderValue } from "./render.ts";
import { OptionalSecret, Secret } from "./secret.ts";
import { decodeText, failureOf, valueOf } from "./testing/configuration.ts";
import { duration } from "./types/duration.ts";
import { enumeration } from "./types/enumeration.ts";
import { list } from "./types/list.ts";
import { map } from "./types/map.ts";
import { int } from "./types/numbers.ts";
import { optionalSecret, secret } from "./types/secrets.ts";
import { string } from "./types/string.ts";

const word = "s3cr3t-w0rd";
const carriers: readonly (readonly [string, Secret | OptionalSecret])[] = [
  ["secret", new Secret(word)],
  ["flagged optional secret", new OptionalSecret(word, true)],
];

describe.each(carriers)("a %s", (_, carrier) => {
  const names = { s: carrier, deep: [new Map([["k", carrier]])] };

  it("does not show itself to anything that prints objects", () => {
    const shown = [
      carrier.toString(),
      JSON.stringify(carrier),
      JSON.stringify({ deep: [carrier] }),
      inspect(carrier),
      inspect({ deep: { deep: [carrier] } }, { showHidden: true, depth: 9 }),
      format("%s %o %j", carrier, carrier, carrier),
      Object.entries(carrier).join(),
    ];
    expect(shown.join("\n")).not.toContain(word);
    expect(carrier.toString()).toBe("(secret)");
  });

  it("does not show in the texts and API forms of values", () => {
    const shown = JSON.stringify([renderValue(carrier), renderValue(names.deep), formatValue(carrier), formatValue(names.deep)]);
    expect(shown).not.toContain(word);
    expect(renderValue(carrier)).toEqual({ type: "capsule", value: "(secret)" });
  });

  it("becomes no value of any type but secrets", () => {
    const types = [string, int, duration, enumeration(["a"]), list(string), map(string), list(map(string))];
    const failures = types.map((type) => failureOf(() => type.decode(carrier)) + failureOf(() => type.decode(names.deep)));
    expect(failures.join("\n")).not.toContain(word);
    expect(failures.join("\n")).not.toContain("no failure");
  });

  it.each(["s + 1", "1 + s", "s * 2", "s < s", "-s", "!s", "s && true", "s.x", "s[0]", "s()", "deep[s]", "deep[0].k.x", "{a = 1}[s]"])(
    "does not show when %s fails",
    (expression) => {
      const message = failureOf(() => valueOf(expression, names));
      expect(message).not.toContain(word);
      expect(message).toMatch(/^1:/);
    },
  );

  it("stays one when joined to texts", () => {
    expect(formatValue(valueOf('"a" + s + "b"', names))).toBe("(secret)");
  });

  it("does not show in decoded arguments, their descriptions or exports", () => {
    const inner = defineBlock({ fields: { token: attr(secret, { doc: "" }), file: attr(optionalSecret, { doc: "" }) } });
    const definition = defineBlock({
      fields: {
        token: attr(secret, { doc: "", default: new Secret(word) }),
        all: attr(map(list(secret)), { doc: "" }),
        inner: block(inner, { doc: "" }),
      },
    });
    const args = decodeText(definition, 'token = s + "x"\nall = {a = [s]}\ninner {\n token = s\n file = s\n}', names);
    const shown = [
      JSON.stringify(args, (_key, value: unknown) => (value instanceof Map ? [...value] : value)),
      inspect(args, { depth: 9 }),
      JSON.stringify(renderArguments(definition, args)),
      JSON.stringify(renderExports(definition.fields, args)),
      formatValue(encodeArguments(definition, args)),
      JSON.stringify(describeFields(definition.fields)),
    ];
    expect(shown.join("\n")).not.toContain(word);
    expect(args.token.reveal()).toBe(`${word}x`);
    expect(equalArguments(definition, args, args)).toBe(true);
  });
});

describe("OptionalSecret", () => {
  it("is an ordinary text when it is not flagged", () => {
    const text = new OptionalSecret('a "text"', false);
    expect(renderValue(text)).toEqual({ type: "capsule", value: '"a \\"text\\""' });
    expect(formatValue(text)).toBe('"a \\"text\\""');
    expect(string.decode(text)).toBe('a "text"');
  });
});

describe("equality of secrets", () => {
  it("is that of their contents", () => {
    expect(new Secret("a").equals(new OptionalSecret("a", true))).toBe(true);
    expect(new Secret("a").equals("a")).toBe(true);
    expect(new Secret("a").equals(new Secret("b"))).toBe(false);
    expect(new OptionalSecret("1", false).equals(1n)).toBe(false);
  });
});
