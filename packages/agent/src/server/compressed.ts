import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { respond } from "../http/server/exchange.ts";
import type { Exchange } from "./exchange.ts";

/** Smaller answers are not worth compressing. */
const leastBytes = 1024;

const compress = promisify(gzip);

/** Sends a text in one piece, compressed when the client takes gzip and there is something to gain. */
export async function sendCompressed({ request, response }: Exchange, contentType: string, text: string): Promise<void> {
  const headers = { "content-type": contentType, vary: "Accept-Encoding" };
  if (text.length < leastBytes || !acceptsGzip(request.headers["accept-encoding"])) respond(response, 200, headers, text);
  else respond(response, 200, { ...headers, "content-encoding": "gzip" }, await compress(text, { level: 1 }));
}

/** Reads an `Accept-Encoding` header (RFC 9110, 12.5.3). */
function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  const items = String(header ?? "")
    .toLowerCase()
    .split(",");
  return items.some((item) => {
    const [coding = "", ...parameters] = item.split(";").map((part) => part.trim());
    return (coding === "gzip" || coding === "*") && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
