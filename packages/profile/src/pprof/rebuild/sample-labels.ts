/** A label of a sample. */
export interface SampleLabel {
  readonly name: string;
  /** Undefined for a number. */
  readonly text: string | undefined;
  /** Which label of the profile it is; undefined for one that was made up. */
  readonly source: number | undefined;
}

/** What an edit does with labels of one name, whatever their values. `seen`: that is up to {@link LabelEdit.edit}. */
export type LabelRole = "seen" | "kept" | "dropped";

/** How the labels of samples change. */
export interface LabelEdit {
  roleOf(name: string, kind: "text" | "number"): LabelRole;
  /** What becomes of the labels of a sample that are to be seen; undefined drops the sample. Asked once for each set of them. */
  edit(labels: readonly SampleLabel[]): readonly SampleLabel[] | undefined;
}

/** A label that the profile does not have. */
export function textLabel(name: string, text: string): SampleLabel {
  return { name, text, source: undefined };
}
