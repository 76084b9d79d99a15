import type { Labels } from "../../labels/labels.ts";
import { compareTexts } from "../../text/order.ts";
import { type LabelEdit, type LabelRole, type SampleLabel, textLabel } from "../rebuild/sample-labels.ts";
import { samplesOwnLabels } from "./inspect-profile.ts";
import { freeName, LabelsRepair } from "./repair-labels.ts";
import type { RepairKind, RepairOptions } from "./repair-limits.ts";
import { labelName, truncated, wellFormed } from "./repaired-text.ts";

/** Makes labels of samples such that a server takes them beside those of the series. */
export class SampleLabelRepair implements LabelEdit {
  readonly #series: Labels;
  readonly #options: RepairOptions;
  readonly #repair: LabelsRepair;

  constructor(series: Labels, options: RepairOptions) {
    this.#series = series;
    this.#options = options;
    this.#repair = new LabelsRepair(options.kinds);
  }

  /** What had to be repaired so far. */
  get found(): ReadonlySet<RepairKind> {
    return this.#repair.found;
  }

  roleOf(): LabelRole {
    return "seen";
  }

  edit(labels: readonly SampleLabel[]): readonly SampleLabel[] {
    const texts = labels
      .filter(({ text }) => text !== undefined)
      .sort((a, b) => compareTexts(a.name, b.name) || compareTexts(a.text ?? "", b.text ?? ""));
    const numbers = labels.filter(({ text }) => text === undefined);
    const { maxSampleLabels } = this.#options.limits;
    const kept = this.#withinCount(this.#withGoodNames(texts));
    if (kept.length + numbers.length <= maxSampleLabels || !this.#allows("label_count")) return [...kept, ...numbers];
    return [...kept, ...numbers].slice(0, maxSampleLabels);
  }

  /** Sorted by name; of several with one name the first stays. */
  #withGoodNames(texts: readonly SampleLabel[]): readonly SampleLabel[] {
    const { maxNameBytes } = this.#options.limits;
    const isGood = ({ name }: SampleLabel): boolean => name !== "" && labelName(name, maxNameBytes) === name;
    const values = new Map<string, string>();
    const result: SampleLabel[] = [];
    for (const label of [...texts.filter(isGood), ...texts.filter((one) => !isGood(one))]) {
      const value = this.#goodValue(label.text ?? "");
      const name = isGood(label)
        ? label.name
        : this.#repair.try("label_names", label.name, freeName(labelName(label.name, maxNameBytes), value, values));
      if (name === "" && this.#allows("label_names")) continue;
      if (values.has(name) && this.#allows("duplicate_labels")) continue;
      values.set(name, value);
      result.push(name === label.name && value === label.text ? label : textLabel(name, value));
    }
    return result.sort((a, b) => compareTexts(a.name, b.name));
  }

  /** A text that is short enough stays, and is mended in the table of texts. */
  #goodValue(text: string): string {
    const well = this.#options.kinds.has("utf8") ? wellFormed(text) : text;
    return truncated(well, this.#options.limits.maxValueBytes) !== well && this.#allows("label_values")
      ? truncated(well, this.#options.limits.maxValueBytes)
      : text;
  }

  #withinCount(labels: readonly SampleLabel[]): readonly SampleLabel[] {
    let room = this.#options.limits.maxLabels - this.#series.size;
    const fits = ({ name }: SampleLabel): boolean => this.#series.has(name) || samplesOwnLabels.has(name) || room-- > 0;
    const kept = labels.filter(fits);
    return kept.length === labels.length || !this.#allows("label_count") ? labels : kept;
  }

  /** Whether there may be a repair of this kind, which is then made. */
  #allows(kind: RepairKind): boolean {
    if (!this.#options.kinds.has(kind)) return false;
    this.#repair.found.add(kind);
    return true;
  }
}
