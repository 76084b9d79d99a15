import { readFile, stat, writeFile } from "node:fs/promises";
import { bytesFromText, format, placeOf, Source } from "@flameline/syntax";
import { systemMessage } from "../http/errno.ts";
import type { CommandResult, Invocation } from "./command.ts";
import type { fmtFlags } from "./commands.ts";
import type { Terminal } from "./terminal.ts";

const inputName = "<stdin>";

/** `fmt [-w] [-t] [file]`. */
export async function executeFmt({ values, positionals, terminal }: Invocation<typeof fmtFlags>): Promise<CommandResult> {
  const [path = "-"] = positionals;
  if (values.write && values.test) return { error: "cannot use -w/--write and -t/--test at the same time" };
  if (values.write && path === "-") return { error: "cannot use -w with standard input" };
  const read = await readFileOrInput(path, terminal);
  if ("error" in read) return read;
  const source = Source.fromBytes(path === "-" ? inputName : path, read.bytes);
  const { text, diagnostics } = format(source);
  if (text === undefined) {
    for (const diagnostic of diagnostics) terminal.err.write(`${placeOf(diagnostic)}: ${diagnostic.message}\n`);
    return { error: "encountered errors during formatting" };
  }
  if (values.test) return text === source.text ? { exit: 0 } : { error: `file ${source.name} is not formatted correctly` };
  if (!values.write) terminal.out.write(text);
  else if (text !== source.text) return rewrite(path, bytesFromText(text));
  return { exit: 0 };
}

async function readFileOrInput(path: string, terminal: Terminal): Promise<{ readonly bytes: Uint8Array } | { readonly error: string }> {
  if (path === "-") return { bytes: await terminal.readInput() };
  try {
    if ((await stat(path)).isDirectory()) return { error: "cannot format a directory" };
  } catch (error) {
    return { error: `stat ${path}: ${systemMessage(error)}` };
  }
  try {
    return { bytes: await readFile(path) };
  } catch (error) {
    return { error: `open ${path}: ${systemMessage(error)}` };
  }
}

/** In place: the file keeps its permissions, its owner and its links. */
async function rewrite(path: string, bytes: Uint8Array): Promise<CommandResult> {
  try {
    await writeFile(path, bytes);
    return { exit: 0 };
  } catch (error) {
    return { error: `open ${path}: ${systemMessage(error)}` };
  }
}
