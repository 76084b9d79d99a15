import type { ImportKind, ImportReader } from "../runtime/index.ts";
import type { Infer } from "../schema/index.ts";
import { anyBlock, attr, defineBlock, optionalSecret } from "../schema/index.ts";

const fields = {
  content: attr(optionalSecret, { required: true, doc: "The text, often an export of a component that reads it somewhere." }),
};

/** Declares from a text. */
export const importString: ImportKind = {
  name: "import.string",
  definition: anyBlock(defineBlock({ fields })),
  local: readText,
  open: (args, { modulePath }) => readText(args, modulePath),
};

function readText(args: unknown, modulePath: string): ImportReader {
  const text = (args as Infer<typeof fields>).content.reveal();
  return { read: async () => ({ texts: new Map([["content", text]]), modulePath }) };
}
