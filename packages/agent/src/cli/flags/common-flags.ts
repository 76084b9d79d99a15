import { flag } from "./flag.ts";
import { boolean, stability, text } from "./flag-types.ts";

/** Flags of every command that reads a configuration. */
export const configFlags = {
  "stability.level": flag(stability, {
    default: "generally-available",
    doc: "Least stable features that may be used: generally-available, public-preview or experimental.",
  }),
  "feature.community-components.enabled": flag(boolean, { default: false, doc: "Allow components that the community maintains." }),
  "config.format": flag(text, { default: "alloy", doc: "Format of the configuration; only alloy is supported." }),
  "config.bypass-conversion-errors": flag(boolean, { default: false, ignored: true, doc: "Only meant for other configuration formats." }),
  "config.extra-args": flag(text, { default: "", ignored: true, doc: "Only meant for other configuration formats." }),
};
