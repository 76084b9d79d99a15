/** Real HTTP and SOCKS proxies on loopback that want a login. */
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePort } from "./flameline.ts";
import { findPart } from "./real-parts.ts";
import { RealProcess, ScratchFolder } from "./real-process.ts";

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface RunningProxy extends AsyncDisposable {
  readonly port: number;
  /** What it wants of its clients. */
  readonly login: Login;
  /** What it has logged so far. */
  log(): string;
}

/** `user:password` for a URL. */
export function escapedLogin({ user, password }: Login): string {
  return `${user}:${encodeURIComponent(password)}`;
}

interface Start {
  readonly args: readonly string[];
  readonly port: number;
  readonly login: Login;
  readonly folder: ScratchFolder;
  /** Where it logs when that is not its output. */
  readonly logFile?: string;
}

async function start(name: string, { args, port, login, folder, logFile }: Start): Promise<RunningProxy> {
  const running = await RealProcess.start(findPart(name) ?? name, args, { port });
  return {
    port,
    login,
    log: () => (logFile === undefined ? running.output : readFileSync(logFile, "utf8")),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/**
 * squid, whose log has a line for each request or tunnel when it has ended: method, URL, status, user, and the header `X-Proxy-Note` of what it was
 * asked. It resolves `names` to loopback, which nobody else does. Its password must be escaped in a URL.
 */
export async function startSquid(names: readonly string[] = ["localhost"]): Promise<RunningProxy> {
  const folder = new ScratchFolder();
  const port = await freePort();
  const file = (name: string, content: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, content);
    return path;
  };
  const login = { user: "profiler", password: "s3cr@t/pass" };
  // As root it changes to a user of its own.
  chmodSync(folder.path, 0o777);
  const hash = execFileSync("openssl", ["passwd", "-5", login.password], { encoding: "utf8" }).trim();
  const passwords = file("passwords", `${login.user}:${hash}\n`);
  const hosts = file("hosts", names.map((name) => `127.0.0.1 ${name}\n`).join(""));
  const log = file("access.log", "");
  chmodSync(log, 0o666);
  const configuration = file(
    "squid.conf",
    `http_port 127.0.0.1:${port}
    visible_hostname squid
    pid_filename none
    hosts_file ${hosts}
    cache deny all
    cache_log ${join(folder.path, "cache.log")}
    netdb_filename none
    pinger_enable off
    shutdown_lifetime 0 seconds
    logformat requests %rm %ru %>Hs %un %{X-Proxy-Note}>h
    access_log stdio:${log} requests
    auth_param basic program ${squidHelper("basic_ncsa_auth")} ${passwords}
    auth_param basic children 1 startup=1
    acl users proxy_auth REQUIRED
    http_access allow users
    http_access deny all
    `,
  );
  return start("squid", { args: ["-N", "-f", configuration], port, login, folder, logFile: log });
}

/** Its helpers lie beside where the program's libraries do. */
function squidHelper(name: string): string {
  return join(dirname(dirname(findPart("squid") ?? "/usr/sbin/squid")), "lib/squid", name);
}

export async function startTinyproxy(): Promise<RunningProxy> {
  const folder = new ScratchFolder();
  const port = await freePort();
  const login = { user: "profiler", password: "s3cr3t-pass" };
  const configuration = join(folder.path, "tinyproxy.conf");
  writeFileSync(
    configuration,
    `Port ${port}
Listen 127.0.0.1
Timeout 30
MaxClients 20
LogLevel Connect
ViaProxyName "tinyproxy"
BasicAuth ${login.user} ${login.password}
`,
  );
  return start("tinyproxy", { args: ["-d", "-c", configuration], port, login, folder });
}

/** A SOCKS 5 proxy. */
export async function startMicrosocks(): Promise<RunningProxy> {
  const port = await freePort();
  const login = { user: "profiler", password: "s3cr@t/pass" };
  const args = ["-i", "127.0.0.1", "-p", String(port), "-u", login.user, "-P", login.password];
  return start("microsocks", { args, port, login, folder: new ScratchFolder() });
}
