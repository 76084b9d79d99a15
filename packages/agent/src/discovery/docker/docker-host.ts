import { parseUrl } from "../../http/client/request-url.ts";

/** Where a Docker engine listens. */
export interface DockerHost {
  /** What requests begin with, without a slash at the end. */
  readonly url: string;
  /** A socket of the local system: the URL's host means nothing then. */
  readonly socketPath?: string;
  /** The settings of the HTTP client apply: the other forms are plain connections. */
  readonly configurable: boolean;
}

/** `unix:///var/run/docker.sock`, `tcp://host:2375`, `http://…` or `https://…`. Throws for anything else. */
export function parseDockerHost(text: string): DockerHost {
  if (!text.includes("://")) throw unknownForm(text);
  const { protocol, username, password, host, pathname } = parseUrl(text);
  const credentials = username === "" && password === "" ? "" : `${username}:${password}@`;
  switch (protocol) {
    case "unix:":
      return { url: "http://docker", socketPath: text.slice("unix://".length), configurable: false };
    case "tcp:":
      return { url: `http://${host}${withoutSlash(pathname)}`, configurable: false };
    case "http:":
    case "https:":
      return { url: `${protocol}//${credentials}${host}${withoutSlash(pathname)}`, configurable: true };
    default:
      throw unknownForm(text);
  }
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, "");
}

function unknownForm(text: string): Error {
  return new Error(`unable to parse docker host ${JSON.stringify(text)}: use unix://, tcp://, http:// or https://`);
}
