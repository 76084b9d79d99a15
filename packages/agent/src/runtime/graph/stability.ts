import type { Stability } from "../../component/index.ts";

const levels: Readonly<Record<Stability, number>> = { experimental: 0, "public-preview": 1, "generally-available": 2 };

/** Why a feature of this level may not be used, undefined when it may. `subject` begins the sentence. */
export function stabilityProblem(subject: string, level: Stability, minimum: Stability): string | undefined {
  if (levels[level] >= levels[minimum]) return undefined;
  return (
    `${subject} is at stability level "${level}", which is below the minimum allowed stability level "${minimum}". ` +
    `Use --stability.level command-line flag to enable "${level}" features`
  );
}
