import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** As texts show it, with a leading `v`. */
export const version: string = `v${ownVersion()}`;

/** From the package's manifest, which is found from the sources as well as from the built files. */
function ownVersion(): string {
  const manifest = findPackageJSON("..", import.meta.url);
  if (manifest === undefined) throw new Error("the package of this program has no package.json");
  return (JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }).version;
}
