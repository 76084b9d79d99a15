import type { RelabelRule } from "@flameline/profile";
import { compileRules } from "@flameline/profile";
import type { Attribute, Block, Diagnostic, Expression, Statement } from "@flameline/syntax";
import { Target, targets as targetList } from "../../component/target.ts";
import { Scope, decodeBody, evaluate } from "../../schema/index.ts";
import { chainsOf } from "../graph/chain.ts";
import type { ComponentVertex, Reference, Vertex } from "../graph/vertex.ts";
import type { CheckedBody } from "./finding.ts";
import { warning } from "./finding.ts";

/** Labels of which a target needs one, by the component that works on it: without them it can do nothing with the target. */
const neededLabels: Readonly<Record<string, readonly string[]>> = {
  "pyroscope.scrape": ["__address__"],
  "pyroscope.java": ["__process_pid__"],
};

const nothing = new Scope(new Map());

/** What can be said about targets that do not depend on anything outside of the configuration: those written down, also after relabelling. */
export function targetFindings(body: CheckedBody): readonly Diagnostic[] {
  const known = new KnownTargets(body);
  return [...body.vertices.values()].flatMap((vertex) => (vertex.kind === "component" ? findingsOf(vertex, known) : []));
}

function findingsOf(vertex: ComponentVertex, known: KnownTargets): readonly Diagnostic[] {
  const attribute = attributeOf(vertex.block, "targets");
  if (attribute === undefined) return [];
  const given = known.given(vertex);
  if (given === undefined) return [];
  if (given.length === 0) return [warning(attribute, `${vertex.id} gets no targets`)];
  if (vertex.component.name === "discovery.relabel") {
    const left = known.output(vertex);
    return left?.length === 0 ? [warning(attribute, `the rules of ${vertex.id} let none of its targets pass`)] : [];
  }
  return [...unusable(vertex, attribute, given), ...unnamed(vertex, attribute, given)];
}

function unusable({ component, id }: ComponentVertex, attribute: Attribute, given: readonly Target[]): readonly Diagnostic[] {
  const needed = neededLabels[component.name];
  const bad = needed === undefined ? [] : given.filter(({ labels }) => !needed.some((name) => labels.has(name)));
  return bad.length === 0
    ? []
    : [warning(attribute, `${bad.length} of ${given.length} targets can never match: ${id} needs ${needed?.join(" or ") ?? ""}`)];
}

/** A name can also be made of what a discovery knows. */
function unnamed({ component }: ComponentVertex, attribute: Attribute, given: readonly Target[]): readonly Diagnostic[] {
  if (component.name !== "pyroscope.scrape") return [];
  const bad = given.filter(({ labels }) => !labels.has("service_name") && ![...labels].some(([name]) => name.startsWith("__meta_")));
  return bad.length === 0
    ? []
    : [warning(attribute, `${bad.length} of ${given.length} targets have no service_name: their profiles are filed under "unspecified"`)];
}

/** Follows targets from where they are written down through discovery.relabel. */
class KnownTargets {
  readonly #references: ReadonlyMap<string, readonly Reference[]>;
  readonly #given = new Map<Vertex, readonly Target[] | undefined>();

  constructor({ references }: CheckedBody) {
    this.#references = references;
  }

  /** What stands in the `targets` of a component; undefined when that is not known. */
  given(vertex: ComponentVertex): readonly Target[] | undefined {
    if (!this.#given.has(vertex)) {
      // A component that refers to itself ends here.
      this.#given.set(vertex, undefined);
      this.#given.set(vertex, this.#read(vertex));
    }
    return this.#given.get(vertex);
  }

  /** What a discovery.relabel exports; undefined when that is not known. */
  output(vertex: ComponentVertex): readonly Target[] | undefined {
    const given = this.given(vertex);
    const settings = vertex.block.body.filter((statement) => statement.kind === "block");
    if (given === undefined || chainsOf(settings).length > 0) return undefined;
    return attempt(() => {
      const rules = settings.map((block) => decodeRule(vertex, block));
      const compiled = compileRules(rules, { targetNames: "any" });
      return given.filter(({ labels }) => compiled.apply(labels) !== undefined).map((target) => relabelled(target, compiled));
    });
  }

  #read(vertex: ComponentVertex): readonly Target[] | undefined {
    const attribute = attributeOf(vertex.block, "targets");
    if (attribute === undefined) return undefined;
    if (chainsOf([attribute]).length === 0) {
      return attempt(() => targetList.decode(evaluate(attribute.value, nothing, attribute.source)));
    }
    const reference = onlyReference(attribute.value, this.#references.get(vertex.id) ?? []);
    if (reference?.target.kind !== "component" || reference.target.component.name !== "discovery.relabel") return undefined;
    return reference.path[0]?.name === "output" && reference.path.length === 1 ? this.output(reference.target) : undefined;
  }
}

function decodeRule({ component }: ComponentVertex, block: Block): RelabelRule {
  const field = component.arguments.fields[block.name];
  if (field?.field !== "block") throw new Error(`${component.name} has no block ${block.name}`);
  return decodeBody(field.block, block.body, nothing) as RelabelRule;
}

function relabelled(target: Target, rules: ReturnType<typeof compileRules>): Target {
  const labels = rules.apply(target.labels);
  return labels === undefined || labels === target.labels ? target : new Target(labels);
}

/** The reference that an expression consists of. */
function onlyReference(expression: Expression, references: readonly Reference[]): Reference | undefined {
  if (expression.kind !== "access") return undefined;
  return references.find(({ path }) => path.at(-1)?.end === expression.end);
}

function attributeOf({ body }: Block, name: string): Attribute | undefined {
  return body.find((statement: Statement): statement is Attribute => statement.kind === "attribute" && statement.name.name === name);
}

/** What cannot be read is reported by the other checks. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
