import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { ImportKind, ImportReader, ImportedContent } from "../runtime/index.ts";
import { PathWatch } from "../files/path-watch.ts";
import type { Infer } from "../schema/index.ts";
import { anyBlock, attr, defineBlock, duration, enumeration, string } from "../schema/index.ts";
import { readModules } from "./read-modules.ts";
import { untilAborted } from "./repeat.ts";

const fields = {
  filename: attr(string, { required: true, doc: "A file, or a directory whose files that end in `.alloy` are imported." }),
  detector: attr(enumeration(["fsnotify", "poll"]), {
    default: "fsnotify",
    doc: "How changes are noticed: told by the system, or by polling.",
  }),
  poll_frequency: attr(duration, {
    default: 60_000,
    doc: "How often the file is looked at; with `fsnotify` in case that nothing was told.",
  }),
};

/** Declares from a file or a directory of this machine. */
export const importFile: ImportKind = {
  name: "import.file",
  definition: anyBlock(
    defineBlock({
      fields,
      validate: ({ poll_frequency: frequency }) => (frequency > 0 ? undefined : "poll_frequency must be greater than 0"),
    }),
  ),
  local: (args) => new FileReader(args as Infer<typeof fields>),
  open: (args) => new FileReader(args as Infer<typeof fields>),
};

class FileReader implements ImportReader {
  readonly origin: string;
  readonly #args: Infer<typeof fields>;

  constructor(args: Infer<typeof fields>) {
    this.#args = args;
    this.origin = resolve(args.filename);
  }

  async read(): Promise<ImportedContent> {
    const { filename } = this.#args;
    try {
      const texts = await readModules(filename);
      return { texts, modulePath: (await stat(filename)).isDirectory() ? filename : dirname(filename) };
    } catch (error) {
      throw new Error(`failed to read file: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  async watch(changed: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { filename, detector, poll_frequency: pollMs } = this.#args;
    const watch = new PathWatch({
      path: filename,
      detector: detector === "poll" ? "poll" : "fsnotify",
      pollMs,
      // It may have changed since it was read.
      lookAtOnce: true,
      onChange: changed,
    });
    await untilAborted(signal);
    await watch.close();
  }
}
