import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ScratchFolder } from "../support/real-process.ts";

/** A file system in memory of a few MB, mounted in a folder of its own. Needs root. */
export class SmallDisk implements Disposable {
  readonly #folder = new ScratchFolder();

  constructor(megabytes: number) {
    mkdirSync(this.path);
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "flameline-faults", this.path]);
  }

  get path(): string {
    return join(this.#folder.path, "disk");
  }

  /** Refused by the system while a file on it is open for writing. */
  remount(mode: "ro" | "rw"): void {
    execFileSync("mount", ["-o", `remount,${mode}`, this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync("umount", ["--lazy", this.path]);
    this.#folder[Symbol.dispose]();
  }
}

/** Root of a container may not mount. */
export const canMount: boolean = process.getuid?.() === 0 && tryToMount();

function tryToMount(): boolean {
  using folder = new ScratchFolder();
  if (spawnSync("mount", ["-t", "tmpfs", "flameline-faults", folder.path]).status !== 0) return false;
  execFileSync("umount", [folder.path]);
  return true;
}
