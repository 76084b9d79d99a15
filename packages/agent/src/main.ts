import { processTerminal } from "./cli/process-terminal.ts";
import { runProgram } from "./cli/program.ts";

const terminal = processTerminal();
const exit = await runProgram(process.argv.slice(2), terminal);
await Promise.all([terminal.out.flush(), terminal.err.flush()]);
process.exit(exit);
