/**
 * The layers of the project as one table: which part may import which. Every folder under packages/<name>/src/<part> is a part of its own in the agent,
 * the other packages are one part each. `node` stands for any `node:` module. Cycles are the linter's job (import/no-cycle).
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { root } from "./run-command.ts";

const layers: Readonly<Record<string, readonly string[]>> = {
  syntax: [],
  profile: [],
  node: ["node", "profile"],
  "agent/schema": ["syntax"],
  "agent/stdlib": ["node", "syntax", "agent/schema"],
  "agent/component": ["node", "syntax", "profile", "agent/schema"],
  "agent/http": ["node", "syntax", "agent/schema", "agent/component"],
  "agent/queue": ["node"],
  "agent/files": ["node"],
  "agent/discovery": ["node", "syntax", "profile", "agent/schema", "agent/stdlib", "agent/component", "agent/http"],
  "agent/kubernetes": ["node", "syntax", "profile", "agent/schema", "agent/stdlib", "agent/component", "agent/http", "agent/discovery"],
  "agent/components": [
    "node",
    "syntax",
    "profile",
    "agent/schema",
    "agent/component",
    "agent/http",
    "agent/queue",
    "agent/files",
    "agent/discovery",
    "agent/kubernetes",
  ],
  "agent/runtime": ["node", "syntax", "profile", "agent/schema", "agent/stdlib", "agent/component", "agent/files"],
  "agent/imports": ["node", "syntax", "agent/schema", "agent/files", "agent/http", "agent/runtime"],
  "agent/metrics": ["node", "agent/component"],
  "agent/log": ["node", "syntax", "agent/schema", "agent/component", "agent/runtime"],
  "agent/identity": ["node", "agent/component"],
  "agent/remote-config": ["node", "syntax", "profile", "agent/schema", "agent/component", "agent/http"],
  "agent/server": [
    "node",
    "node-sdk",
    "agent/remote-config",
    "syntax",
    "agent/schema",
    "agent/component",
    "agent/http",
    "agent/runtime",
    "agent/metrics",
    "agent/log",
  ],
  // The program puts the parts together.
  "agent/cli": [
    "node",
    "syntax",
    "profile",
    "agent/schema",
    "agent/stdlib",
    "agent/component",
    "agent/components",
    "agent/http",
    "agent/queue",
    "agent/imports",
    "agent/remote-config",
    "agent/runtime",
    "agent/metrics",
    "agent/log",
    "agent/identity",
    "agent/server",
  ],
  "agent/main.ts": ["node", "agent/cli"],
};

const packageParts: Readonly<Record<string, string>> = {
  "@flameline/syntax": "syntax",
  "@flameline/profile": "profile",
  "@flameline/node": "node-sdk",
};

export interface Violation {
  readonly file: string;
  readonly message: string;
}

/** All imports that the table does not allow. */
export function findViolations(): readonly Violation[] {
  return globSync("packages/*/src/**/*.ts", { cwd: root })
    .filter((file) => !/\.test\.ts$|[\\/]testing[\\/]/.test(file))
    .flatMap((file) => violationsOf(file, readFileSync(join(root, file), "utf8")));
}

/** The part of the layer table to which a file belongs: `agent/http`, `syntax`. */
export function partOf(file: string): string {
  const [, name = "", , first = ""] = file.split(sep);
  return name === "agent" ? `agent/${first}` : name;
}

export function violationsOf(file: string, text: string): readonly Violation[] {
  const part = partOf(file);
  const allowed = layers[part];
  if (allowed === undefined) return [{ file, message: `part ${part} is not in the layer table` }];
  return importsOf(text).flatMap((specifier) => {
    const problem = judge(file, part, allowed, specifier);
    return problem === undefined ? [] : [{ file, message: `${specifier}: ${problem}` }];
  });
}

function importsOf(text: string): readonly string[] {
  const pattern = /(?:^|\n)\s*(?:import|export)\s(?:[^"'`;]*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? "");
}

function judge(file: string, part: string, allowed: readonly string[], specifier: string): string | undefined {
  if (specifier.startsWith("node:")) return allowed.includes("node") ? undefined : `${part} must stay free of node: modules`;
  if (!specifier.startsWith(".")) {
    const target = packageParts[specifier];
    return target === undefined || allowed.includes(target) ? undefined : `${part} may not import ${target}`;
  }
  const target = relative(root, join(root, dirname(file), specifier));
  const targetPart = partOf(target);
  if (targetPart === part) return part === "agent/components" ? otherComponent(file, target) : undefined;
  return allowed.includes(targetPart) ? undefined : `${part} may not import ${targetPart}`;
}

/** A component may import its own folder only; the generated registry names them all. */
function otherComponent(file: string, target: string): string | undefined {
  const folder = (path: string): string => path.split(sep)[4] ?? "";
  if (file.endsWith("registry.gen.ts") || folder(file) === folder(target)) return undefined;
  return "a component may not import another component's folder";
}
