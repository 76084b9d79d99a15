import { Secret } from "../../schema/secret.ts";
import type { Type } from "../../schema/type.ts";
import { text } from "../../schema/types/text.ts";
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
export const url: Type<string> = {
  ...plainUrl,
  encode: (value) => (value !== "" && parseUrl(value).password !== "" ? new Secret(value) : value),
};
