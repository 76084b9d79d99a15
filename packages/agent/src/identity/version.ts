import packageJson from "../../package.json" with { type: "json" };

/** As texts show it, with a leading `v`. */
export const version: string = `v${packageJson.version}`;
