import { arch, platform } from "node:os";

const systems: Readonly<Record<string, string>> = { win32: "windows", sunos: "solaris" };
const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", arm64: "arm64", arm: "arm" };

/** Operating system and architecture by the names that Go uses and that configurations compare with. */
export const goPlatform: { readonly os: string; readonly arch: string } = {
  os: systems[platform()] ?? platform(),
  arch: architectures[arch()] ?? arch(),
};
