import type { GitBasicAuth, GitSshKey } from "./git-auth-blocks.ts";
import { plainSsh, withSshKey } from "./git-ssh.ts";

export interface GitCredentials {
  readonly basic_auth: GitBasicAuth | undefined;
  readonly ssh_key: GitSshKey | undefined;
}

/** How `git` is to identify itself: settings of its command line and variables. Nothing secret stands on the command line. */
export interface GitIdentity {
  readonly settings: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface IdentityPlace {
  readonly repository: string;
  /** Where the private key may stand meanwhile: a folder for each that may be in use at the same time. */
  readonly keyFolder: string;
}

/** Answers git with what stands in the variables, as it stands there: the `echo` of some shells takes backslashes for something else. */
const helper = '!f() { printf "username=%s\\npassword=%s\\n" "$FLAMELINE_GIT_USER" "$FLAMELINE_GIT_PASSWORD"; }; f';

/**
 * Runs `work` with the identity that the arguments give. A private key and what unlocks it are files in `keyFolder` meanwhile, which nobody else can read.
 */
export async function withIdentity<T>(
  credentials: GitCredentials,
  { repository, keyFolder }: IdentityPlace,
  work: (identity: GitIdentity) => Promise<T>,
): Promise<T> {
  const { basic_auth: basic, ssh_key: ssh } = credentials;
  if (ssh !== undefined) return withSshKey(ssh, keyFolder, (environment) => work({ settings: [], environment }));
  // An empty helper first: those of this machine are not asked.
  const settings = ["-c", "credential.helper="];
  if (basic === undefined) return work({ settings, environment: plainSsh() });
  return work({
    settings: [...settings, ...ownServers(repository).flatMap((server) => ["-c", `credential.${server}.helper=${helper}`])],
    environment: { ...plainSsh(), FLAMELINE_GIT_USER: basic.username, FLAMELINE_GIT_PASSWORD: basic.password.reveal() },
  });
}

/** Who may have the password: the server of the repository. Another one that it redirects to may not, itself over TLS may. */
function ownServers(repository: string): readonly string[] {
  const url = URL.parse(repository);
  if (url?.protocol === "https:") return [url.origin];
  return url?.protocol === "http:" ? [url.origin, `https://${url.hostname}`] : [];
}
