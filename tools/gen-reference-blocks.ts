/** The blocks that are no components: settings of the program, imports, and what modules are made of. */
import { importKinds } from "../packages/agent/src/imports/index.ts";
import { loggingBlock } from "../packages/agent/src/log/logging-block.ts";
import { tracingBlock } from "../packages/agent/src/log/tracing-block.ts";
import { foreachBlock } from "../packages/agent/src/runtime/nodes/foreach-arguments.ts";
import { argumentBlock, exportBlock } from "../packages/agent/src/runtime/nodes/module-nodes.ts";
import type { Fields } from "../packages/agent/src/schema/fields.ts";
import { serviceDeclarations } from "../packages/agent/src/server/service-declarations.ts";

export interface OtherBlock {
  readonly name: string;
  readonly doc: string;
  readonly fields: Fields;
}

const importDocs: Readonly<Record<string, string>> = {
  "import.file": "Declares of a file, or of the files of a directory, of this machine. Changes are noticed.",
  "import.string": "Declares of a text.",
  "import.http": "Declares of a web server, fetched again and again. What it gives must not contain `import.file`.",
  "import.git": "Declares of a git repository, by the installed `git`. Links in the repository are not followed.",
};

export function otherBlocks(): readonly OtherBlock[] {
  const { http, livedebugging, remotecfg } = serviceDeclarations;
  return [
    { name: "logging", doc: "What the log shows, and how.", fields: loggingBlock.fields },
    { name: "tracing", doc: "Accepted; this program records no traces of itself.", fields: tracingBlock.fields },
    { name: "http", doc: "How the program's own HTTP server is protected.", fields: http.definition?.fields ?? {} },
    { name: "livedebugging", doc: "Whether targets can be looked at live.", fields: livedebugging.definition?.fields ?? {} },
    {
      name: "remotecfg",
      doc: "A server that gives a second configuration, under the rules of modules. The last good one is kept in the storage directory for starts while the server is away.",
      fields: remotecfg.definition?.fields ?? {},
    },
    ...importKinds.map(({ name, definition }) => ({ name: `${name} "NAMESPACE"`, doc: importDocs[name] ?? "", fields: definition.fields })),
    {
      name: 'foreach "LABEL"',
      doc: "Runs its block `template` once for every item (experimental). Items that stay keep what runs them.",
      fields: foreachBlock.fields,
    },
    { name: 'argument "NAME"', doc: "Inside `declare`: what a use of it may give.", fields: argumentBlock.fields },
    { name: 'export "NAME"', doc: "Inside `declare`: what others see of a use of it.", fields: exportBlock.fields },
  ];
}
