import { renderDiagnostics } from "@flameline/syntax";
import { ConfigPathError, readSources, validate } from "../runtime/index.ts";
import type { CommandResult, Invocation } from "./command.ts";
import { formatProblem, graphOptions } from "./configuration.ts";
import { modulePathOf } from "./module-path.ts";
import type { validateFlags } from "./commands.ts";

/** `validate path`. */
export async function executeValidate({ values, positionals, terminal }: Invocation<typeof validateFlags>): Promise<CommandResult> {
  const [path = ""] = positionals;
  const problem = path === "" ? "path argument not provided" : formatProblem(values["config.format"]);
  if (problem !== undefined) return { error: problem };
  const failed = { error: "validation failed" };
  try {
    const { sources } = await readSources(path);
    const diagnostics = await validate(sources, graphOptions(values), { strict: values["strict"], modulePath: await modulePathOf(path) });
    if (diagnostics.length === 0) return { exit: 0 };
    terminal.err.write(renderDiagnostics(diagnostics, { color: terminal.color }));
    terminal.out.write("\n");
    return failed;
  } catch (error) {
    if (!(error instanceof ConfigPathError)) throw error;
    // Without a newline, as the reference prints it.
    terminal.err.write(`validation failed: ${error.reason}`);
    return failed;
  }
}
