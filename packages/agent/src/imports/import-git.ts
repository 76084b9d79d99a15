import { normalize } from "node:path";
import type { ImportKind } from "../runtime/index.ts";
import type { Infer } from "../schema/index.ts";
import { anyBlock, attr, defineBlock, duration, optionalBlock, string } from "../schema/index.ts";
import { gitBasicAuth, gitSshKey } from "./git-auth-blocks.ts";

const fields = {
  repository: attr(string, { required: true, doc: "URL of the repository." }),
  revision: attr(string, { default: "main", doc: "Tag, branch or commit." }),
  path: attr(string, { required: true, doc: "File in the repository, or a directory whose files that end in `.alloy` are imported." }),
  pull_frequency: attr(duration, { default: 60_000, doc: "How often the repository is asked; never when 0." }),
  basic_auth: optionalBlock(gitBasicAuth, { doc: "User name and password." }),
  ssh_key: optionalBlock(gitSshKey, { doc: "Key for SSH." }),
};

export type GitArguments = Infer<typeof fields>;

/** They mean something else after every fetch. */
const movingRevisions: ReadonlySet<string> = new Set(["HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"]);

/** Declares from a git repository, by the installed `git`. */
export const importGit: ImportKind = {
  name: "import.git",
  definition: anyBlock(defineBlock({ fields, validate })),
  async open(args, context) {
    const { GitReader } = await import("./git-reader.ts");
    return new GitReader(args as GitArguments, context);
  },
};

function validate({ repository, revision, path, basic_auth: basic, ssh_key: ssh }: GitArguments): string | undefined {
  if (movingRevisions.has(revision)) return `revision ${JSON.stringify(revision)} cannot be used`;
  if (repository.startsWith("-") || revision.startsWith("-")) return "repository and revision must not begin with a dash";
  if (normalize(path).split("/").includes("..")) return "path must not lead out of the repository";
  return basic !== undefined && ssh !== undefined ? "at most one of basic_auth and ssh_key must be configured" : undefined;
}
