export const relabelActions = [
  "replace",
  "keep",
  "drop",
  "hashmod",
  "labelmap",
  "labeldrop",
  "labelkeep",
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
] as const;

export type RelabelAction = (typeof relabelActions)[number];

/** A rule as the configuration's `rule` block has it, under the same names. */
export interface RelabelRule {
  readonly action: string;
  /** Their values, joined by `separator`, are what `regex` must match as a whole; a missing label counts as empty. */
  readonly source_labels: readonly string[];
  readonly separator: string;
  readonly regex: string;
  readonly modulus: bigint;
  /** May use groups of the match, as in `${1}_x`, when the action is `replace`. */
  readonly target_label: string;
  readonly replacement: string;
}

export const defaultRelabelRule: RelabelRule = {
  action: "replace",
  source_labels: [],
  separator: ";",
  regex: "(.*)",
  modulus: 0n,
  target_label: "",
  replacement: "$1",
};

/** A rule with defaults for what is not given. */
export function relabelRule(rule: Partial<RelabelRule>): RelabelRule {
  return { ...defaultRelabelRule, ...rule };
}

/** Why this is no action, as the reference says; undefined when it is one. */
export function relabelActionProblem(action: string): string | undefined {
  return isRelabelAction(action) ? undefined : `unrecognized action type "${action}"`;
}

export function isRelabelAction(action: string): action is RelabelAction {
  return (relabelActions as readonly string[]).includes(action);
}
