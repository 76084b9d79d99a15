import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { ScratchFolder } from "../support/real-process.ts";

/** What fails: writing, making it durable, opening files for writing with renaming and removing, cutting off. */
export type DiskCall = "write" | "sync" | "create" | "truncate";

/** A folder whose disk fails when it is told to, for a program that is started with {@link env}. Needs gcc. */
export class FailingDisk implements Disposable {
  readonly #folder = new ScratchFolder();
  readonly #library: string = join(this.#folder.path, "failing-disk.so");
  readonly #control: string = join(this.#folder.path, "control");

  constructor() {
    execFileSync("gcc", [
      "-shared",
      "-fPIC",
      "-O1",
      "-Wall",
      "-Werror",
      "-o",
      this.#library,
      join(import.meta.dirname, "preload/failing-disk.c"),
      "-ldl",
    ]);
  }

  get path(): string {
    return join(this.#folder.path, "disk");
  }

  get env(): NodeJS.ProcessEnv {
    return { LD_PRELOAD: this.#library, FAILING_DISK: this.path, FAILING_DISK_CONTROL: this.#control };
  }

  fail(error: "EIO" | "EROFS" | "ENOSPC", calls: readonly DiskCall[]): void {
    writeFileSync(this.#control, `${constants.errno[error]} ${calls.join(" ")}`);
  }

  heal(): void {
    rmSync(this.#control, { force: true });
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
