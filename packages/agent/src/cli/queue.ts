import { systemMessage } from "../http/errno.ts";
import type { QueueReport } from "../queue/examine.ts";
import { examineQueue, findQueues } from "../queue/examine.ts";
import type { CommandResult, Invocation } from "./command.ts";
import type { queueFlags } from "./commands.ts";
import { checkText, hasDamage, inspectText } from "./queue-text.ts";

/** `queue inspect|check DIR`. */
export async function executeQueue({ values, positionals, terminal }: Invocation<typeof queueFlags>): Promise<CommandResult> {
  const [action = "", directory = ""] = positionals;
  if (action !== "inspect" && action !== "check") {
    return { error: `unknown action ${JSON.stringify(action)}: use one of inspect, check` };
  }
  const reports = await readReports(directory);
  if ("error" in reports) return reports;
  if (values.json) terminal.out.write(`${JSON.stringify(reports, undefined, 2)}\n`);
  else if (reports.length === 0) terminal.out.write(`no queue in ${directory} holds anything\n`);
  else terminal.out.write(reports.map((report) => (action === "check" ? checkText(report) : inspectText(report, Date.now()))).join("\n"));
  return { exit: action === "check" && reports.some(hasDamage) ? 1 : 0 };
}

async function readReports(directory: string): Promise<readonly QueueReport[] | { readonly error: string }> {
  try {
    const reports: QueueReport[] = [];
    for (const folder of await findQueues(directory)) reports.push(await examineQueue(folder));
    return reports;
  } catch (error) {
    return { error: `cannot read ${directory}: ${systemMessage(error)}` };
  }
}
