/** Why a URL cannot be used, in Go's words: `parse "://bad": missing protocol scheme`. */
export class UrlError extends Error {
  override readonly name = "UrlError";

  constructor(text: string, reason: string) {
    super(`parse ${JSON.stringify(text)}: ${reason}`);
  }
}

/** Parses a URL; the errors are those of Go's `net/url`, whose rules are a little stricter than those of browsers. Throws a {@link UrlError}. */
export function parseUrl(text: string): URL {
  const reason = flaw(text);
  const url = reason === undefined ? URL.parse(text) : null;
  if (url === null) throw new UrlError(text, reason ?? "invalid URI for request");
  return url;
}

function flaw(text: string): string | undefined {
  if (hasControl(text)) return "net/url: invalid control character in URL";
  const [whole = ""] = text.split("#", 1);
  const colon = schemeEnd(whole);
  if (colon === 0) return "missing protocol scheme";
  const rest = colon === undefined ? whole : whole.slice(colon + 1);
  if (colon === undefined && !rest.startsWith("/") && /^[^/?]*:/.test(rest)) return "first path segment in URL cannot contain colon";
  const authority = /^\/\/([^/?]*)/.exec(rest)?.[1];
  return authority === undefined ? undefined : authorityFlaw(authority);
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}

/** Where the colon after the scheme is; undefined when there is no scheme, 0 when it is empty. */
function schemeEnd(text: string): number | undefined {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*)?:/.exec(text);
  return scheme === null ? undefined : scheme[0].length - 1;
}

function authorityFlaw(authority: string): string | undefined {
  const at = authority.lastIndexOf("@");
  if (at >= 0 && !/^[\w.~!$&'()*+,;=:%@-]*$/.test(authority.slice(0, at))) return "net/url: invalid userinfo";
  const host = authority.slice(at + 1);
  const bracket = host.startsWith("[") ? host.lastIndexOf("]") : -1;
  if (host.startsWith("[") && bracket < 0) return "missing ']' in host";
  const colon = host.indexOf(":", bracket + 1);
  const port = bracket >= 0 ? host.slice(bracket + 1) : colon < 0 ? "" : host.slice(colon);
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const bad = /[ "<>\\^`{|}]/.exec(host)?.[0];
  return bad === undefined ? undefined : `invalid character ${JSON.stringify(bad)} in host name`;
}

/** The URL as errors show it: without the password. */
export function shownUrl(url: URL): string {
  if (url.password === "") return url.href;
  const shown = new URL(url);
  shown.password = "***";
  return shown.href;
}

/** A URL as logs, errors and labels show it: as written, unless it holds a password. */
export function shownUrlText(text: string): string {
  const url = URL.parse(text);
  return url === null || url.password === "" ? text : shownUrl(url);
}
