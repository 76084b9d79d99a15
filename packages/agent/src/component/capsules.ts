import type { Type } from "../schema/type.ts";
import { capsule } from "../schema/types/capsule.ts";
import { elementsOf } from "../schema/types/list.ts";
import { Capsule, type Value } from "../schema/value.ts";
import { atPath } from "../schema/value-path.ts";
import type { ProfileReceiver } from "./receiver.ts";

/** A receiver on its way through the language. */
class ReceiverCapsule extends Capsule {
  override readonly typeName = "pyroscope.Appendable";
  readonly receiver: ProfileReceiver;

  constructor(receiver: ProfileReceiver) {
    super();
    this.receiver = receiver;
  }

  /** The same receiver, not an equal one. */
  override equals(other: Value): boolean {
    return other instanceof ReceiverCapsule && other.receiver === this.receiver;
  }
}

/** Takes profiles; null while the component that exports it has published none. */
export const profileReceiver: Type<ProfileReceiver | null> = capsule<ProfileReceiver | null>({
  doc: "receiver",
  typeName: "pyroscope.Appendable",
  zero: () => null,
  unwrap: (value) => (value instanceof ReceiverCapsule ? value.receiver : undefined),
  wrap: (receiver) => (receiver === null ? null : new ReceiverCapsule(receiver)),
  flow: "receiver",
});

/** A list of receivers; those that are null are left out. */
export const receivers: Type<readonly ProfileReceiver[]> = {
  doc: "list(receiver)",
  expects: "array",
  element: profileReceiver,
  zero: () => [],
  decode(value) {
    if (value === null) return [];
    const decoded = elementsOf(value).map((item, index) => atPath(index, () => profileReceiver.decode(item)));
    return decoded.filter((receiver) => receiver !== null);
  },
  encode: (list) => list.map((receiver) => profileReceiver.encode(receiver)),
};
