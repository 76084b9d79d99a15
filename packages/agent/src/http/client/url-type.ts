import { Secret } from "../../schema/secret.ts";
import type { Type } from "../../schema/type.ts";
import { string } from "../../schema/types/string.ts";
import { text } from "../../schema/types/text.ts";
import type { Value } from "../../schema/value.ts";
import { parseUrl } from "./request-url.ts";

const plainUrl = text({
  doc: "url",
  zero: "",
  parse(written) {
    if (written !== "") parseUrl(written);
    return written;
  },
  format: (value) => value,
});

/** A URL, kept as written. Pages do not show one with a password. */
export const url: Type<string> = { ...plainUrl, encode: withoutPassword };

/** The same for what is judged only when all arguments are known. */
export const unjudgedUrl: Type<string> = { ...string, encode: withoutPassword };

function withoutPassword(value: string): Value {
  const password = URL.parse(value)?.password ?? "";
  return password === "" ? value : new Secret(value);
}
