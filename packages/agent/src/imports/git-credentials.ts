import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Infer } from "../schema/index.ts";
import { attr, defineBlock, secret, string } from "../schema/index.ts";

const basicFields = {
  username: attr(string, { required: true, doc: "User name." }),
  password: attr(secret, { required: true, doc: "Password, or a token." }),
};

const sshFields = {
  username: attr(string, { required: true, doc: "User name." }),
  key: attr(secret, { doc: "The private key itself." }),
  key_file: attr(string, { doc: "File with the private key." }),
  passphrase: attr(secret, { doc: "What the private key is locked with." }),
};

export const gitBasicAuth = defineBlock({ fields: basicFields });
export const gitSshKey = defineBlock({
  fields: sshFields,
  validate({ key, key_file: file }) {
    if (key.reveal() === "" && file === "") return "at least one of key and key_file must be configured";
    return key.reveal() !== "" && file !== "" ? "at most one of key and key_file must be configured" : undefined;
  },
});

export interface GitCredentials {
  readonly basic_auth: Infer<typeof basicFields> | undefined;
  readonly ssh_key: Infer<typeof sshFields> | undefined;
}

/** How `git` is to identify itself: settings of its command line and variables. Nothing secret stands on the command line. */
export interface GitIdentity {
  readonly settings: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface IdentityPlace {
  readonly repository: string;
  /** Keeps the keys of known hosts. */
  readonly directory: string;
  /** Name of the folder in there for the private key: one for each that may be in use at the same time. */
  readonly keyFolder: string;
}

/** Answers git with what stands in the variables, as it stands there: the `echo` of some shells takes backslashes for something else. */
const helper = '!f() { printf "username=%s\\npassword=%s\\n" "$FLAMELINE_GIT_USER" "$FLAMELINE_GIT_PASSWORD"; }; f';

/**
 * Runs `work` with the identity that the arguments give. A private key and what unlocks it are files in `directory` meanwhile, which nobody else can read.
 */
export async function withIdentity<T>(
  credentials: GitCredentials,
  { repository, directory, keyFolder }: IdentityPlace,
  work: (identity: GitIdentity) => Promise<T>,
): Promise<T> {
  const { basic_auth: basic, ssh_key: ssh } = credentials;
  if (ssh !== undefined) return withSshKey(ssh, directory, keyFolder, work);
  // An empty helper first: those of this machine are not asked.
  const settings = ["-c", "credential.helper="];
  if (basic === undefined) return work({ settings, environment: {} });
  return work({
    settings: [...settings, ...ownServers(repository).flatMap((server) => ["-c", `credential.${server}.helper=${helper}`])],
    environment: { FLAMELINE_GIT_USER: basic.username, FLAMELINE_GIT_PASSWORD: basic.password.reveal() },
  });
}

/** Who may have the password: the server of the repository. Another one that it redirects to may not, itself over TLS may. */
function ownServers(repository: string): readonly string[] {
  const url = URL.parse(repository);
  if (url?.protocol === "https:") return [url.origin];
  return url?.protocol === "http:" ? [url.origin, `https://${url.hostname}`] : [];
}

async function withSshKey<T>(
  ssh: NonNullable<GitCredentials["ssh_key"]>,
  directory: string,
  keyFolder: string,
  work: (identity: GitIdentity) => Promise<T>,
): Promise<T> {
  const folder = join(directory, keyFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  try {
    const keyFile = ssh.key_file === "" ? join(folder, "key") : ssh.key_file;
    const key = ssh.key.reveal();
    if (key !== "") await writeFile(keyFile, key.endsWith("\n") ? key : `${key}\n`, { mode: 0o600 });
    const askpass = join(folder, "askpass");
    await writeFile(askpass, '#!/bin/sh\nprintf "%s\\n" "$FLAMELINE_GIT_PASSPHRASE"\n', { mode: 0o700 });
    const options = ["-i", quoted(keyFile), "-l", quoted(ssh.username), "-o IdentitiesOnly=yes", "-o StrictHostKeyChecking=accept-new"];
    const knownHosts = ["-o", quoted(`UserKnownHostsFile=${join(directory, "known_hosts")}`)];
    return await work({
      settings: [],
      environment: {
        GIT_SSH_COMMAND: ["ssh", "-F /dev/null", ...options, ...knownHosts].join(" "),
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: "force",
        FLAMELINE_GIT_PASSPHRASE: ssh.passphrase.reveal(),
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** For the shell that git gives the command to. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
