import type { MessageShape } from "../client/message-shape.ts";
import type { JsonRecord } from "../../discovery/json-record.ts";
import { sanitizeLabelName } from "../../discovery/label-name.ts";

/** name, value, name, value … */
export type LabelPairs = readonly string[];

/** What is kept of an object: only what labels are made of. */
export interface KubernetesObject {
  /** `namespace/name`, or the name of an object outside of namespaces. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Differs whenever the object has changed. */
  readonly version: string;
  /** The labels that targets get of its name, labels and annotations. */
  readonly metaLabels: LabelPairs;
}

/** A kind of object: where it is listed, and what is kept of one. */
export interface Kind<T extends KubernetesObject> {
  /** As in paths: `pods`. */
  readonly name: string;
  /** `/api/v1`, `/apis/discovery.k8s.io/v1`. */
  readonly group: string;
  /** As in metrics and labels: `pod`. */
  readonly role: string;
  readonly namespaced: boolean;
  /**
   * What is read of one in binary form. Lists of such a kind are asked for in that form: the server writes it in half of the time that JSON takes it, and what is
   * not needed is passed over.
   */
  readonly binary?: MessageShape;
  read(object: JsonRecord): T;
}

/** The prefix of all labels of targets that Kubernetes knows. */
export const metaPrefix = "__meta_kubernetes_";

/** What all objects have. `named`: whether the name is a label, as it is for all roles but `namespace`. */
export function readMeta(object: JsonRecord, role: string, named = true): KubernetesObject {
  const metadata = object.record("metadata");
  const namespace = shared(metadata.text("namespace"));
  const name = metadata.text("name");
  const pairs = named ? [`${metaPrefix}${role}_name`, name] : [];
  const names = namesOf(role);
  for (const [label, value] of metadata.record("labels").textEntries()) names.label(label, value, pairs);
  for (const [annotation, value] of metadata.record("annotations").textEntries()) names.annotation(annotation, value, pairs);
  return {
    key: objectKey(namespace, name),
    namespace,
    name,
    version: metadata.text("resourceVersion"),
    metaLabels: pairs.slice(),
  };
}

export function objectKey(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** Most texts that are kept once for all objects. */
const maxSharedTexts = 20_000;

const texts = new Map<string, string>();

/** The same text as one object in memory: for namespaces, nodes, images and label values, which many objects have in common. */
export function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= maxSharedTexts) texts.clear();
  texts.set(text, text);
  return text;
}

/** Makes the label names of one role, each once. */
class MetaNames {
  readonly #prefix: string;
  readonly #labels = new Map<string, readonly [value: string, present: string]>();
  readonly #annotations = new Map<string, readonly [value: string, present: string]>();

  constructor(role: string) {
    this.#prefix = metaPrefix + role;
  }

  label(name: string, value: string, pairs: string[]): void {
    const [ofValue, ofPresence] = this.#names(this.#labels, "label", name);
    pairs.push(ofValue, shared(value), ofPresence, "true");
  }

  annotation(name: string, value: string, pairs: string[]): void {
    const [ofValue, ofPresence] = this.#names(this.#annotations, "annotation", name);
    pairs.push(ofValue, value, ofPresence, "true");
  }

  #names(known: Map<string, readonly [string, string]>, kind: string, name: string): readonly [string, string] {
    const found = known.get(name);
    if (found !== undefined) return found;
    const clean = sanitizeLabelName(name);
    const made = [`${this.#prefix}_${kind}_${clean}`, `${this.#prefix}_${kind}present_${clean}`] as const;
    if (known.size >= maxSharedTexts) known.clear();
    known.set(name, made);
    return made;
  }
}

const namesByRole = new Map<string, MetaNames>();

function namesOf(role: string): MetaNames {
  let names = namesByRole.get(role);
  if (names === undefined) namesByRole.set(role, (names = new MetaNames(role)));
  return names;
}
