import { endpointOfFolder } from "../components/pyroscope.write/endpoint-file.ts";
import { subjectOf, topicOfStored } from "../components/pyroscope.write/stored-delivery.ts";
import { systemMessage } from "../http/errno.ts";
import { examineQueue, findQueues } from "../queue/examine.ts";
import type { CommandResult, Invocation } from "./command.ts";
import type { queueFlags } from "./commands.ts";
import { executeMove } from "./queue-move.ts";
import type { ShownQueue } from "./queue-text.ts";
import { checkText, hasDamage, inspectText } from "./queue-text.ts";

/** `queue inspect|check DIR`, `queue move FROM TO`. */
export async function executeQueue({ values, positionals, terminal }: Invocation<typeof queueFlags>): Promise<CommandResult> {
  const [action = "", directory, other] = positionals;
  if (action === "move") return executeMove({ from: directory, to: other, json: values.json }, terminal);
  if (action !== "inspect" && action !== "check") {
    return { error: `unknown action ${JSON.stringify(action)}: use one of inspect, check, move` };
  }
  if (directory === undefined || other !== undefined) return { error: `${action} takes one directory` };
  const reports = await readReports(directory);
  if ("error" in reports) return reports;
  if (values.json) terminal.out.write(`${JSON.stringify(reports, undefined, 2)}\n`);
  else if (reports.length === 0) terminal.out.write(`no queue in ${directory} holds anything\n`);
  else terminal.out.write(reports.map((report) => (action === "check" ? checkText(report) : inspectText(report, Date.now()))).join("\n"));
  return { exit: action === "check" && reports.some(hasDamage) ? 1 : 0 };
}

async function readReports(directory: string): Promise<readonly ShownQueue[] | { readonly error: string }> {
  try {
    const reports: ShownQueue[] = [];
    for (const folder of await findQueues(directory)) {
      const { topics, ...report } = await examineQueue(folder, topicOfStored);
      const endpoint = await endpointOfFolder(folder);
      reports.push({ ...report, endpoint, services: topics.map(({ topic, ...size }) => ({ ...subjectOf(topic), ...size })) });
    }
    return reports;
  } catch (error) {
    return { error: `cannot read ${directory}: ${systemMessage(error)}` };
  }
}
