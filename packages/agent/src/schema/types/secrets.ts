import { textFromBytes } from "@flameline/syntax";
import { OptionalSecret, Secret } from "../secret.ts";
import type { Type } from "../type.ts";
import { capsule } from "./capsule.ts";

/** A text that is never shown. Plain strings are taken too. */
export const secret: Type<Secret> = capsule({
  doc: "secret",
  typeName: "alloytypes.Secret",
  zero: () => new Secret(""),
  unwrap(value) {
    if (value instanceof Secret) return value;
    if (value instanceof OptionalSecret) return new Secret(value.reveal());
    if (typeof value === "string") return new Secret(value);
    return value instanceof Uint8Array ? new Secret(textFromBytes(value)) : undefined;
  },
  wrap: (content) => content,
});

/** A text that is hidden when it came from a secret. */
export const optionalSecret: Type<OptionalSecret> = capsule({
  doc: "string | secret",
  typeName: "alloytypes.OptionalSecret",
  zero: () => new OptionalSecret("", false),
  unwrap(value) {
    if (value instanceof OptionalSecret) return value;
    if (value instanceof Secret) return new OptionalSecret(value.reveal(), true);
    if (typeof value === "string") return new OptionalSecret(value, false);
    return value instanceof Uint8Array ? new OptionalSecret(textFromBytes(value), false) : undefined;
  },
  wrap: (content) => content,
});
