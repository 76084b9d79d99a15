/** As in Go's `URL.Redacted`. */
const mask = "xxxxx";

/**
 * An endpoint's URL as errors, logs, metrics and pages show it: as written, but with the password replaced. Of a text that is no HTTP URL, everything that
 * could be a password is.
 */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return text.replace(/^((?:[^:]*:[/\\]+)?[^:]*:).*(?=@)/s, `$1${mask}`);
  if (url.password === "") return text;
  url.password = mask;
  const addedSlash = url.href.endsWith(`${url.host}/`) && !text.endsWith("/");
  return addedSlash ? url.href.slice(0, -1) : url.href;
}
