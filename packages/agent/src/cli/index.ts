export * from "./command.ts";
export { absentCommands, commands } from "./commands.ts";
export type { Flag, Flags, FlagType } from "./flags/flag.ts";
export { commandHelp, programHelp, versionText } from "./help.ts";
export * from "./process-terminal.ts";
export * from "./program.ts";
export * from "./terminal.ts";
