/** How messages are written. */
export type Codec = "proto" | "json";

type Protocol = "connect" | "grpc" | "grpc-web";

export interface RpcContentType {
  readonly protocol: Protocol;
  readonly codec: Codec;
  /** As the answer repeats it. */
  readonly text: string;
}

const known: ReadonlyMap<string, RpcContentType> = new Map(
  (
    [
      ["application/grpc", "grpc", "proto"],
      ["application/grpc+json", "grpc", "json"],
      ["application/grpc+json; charset=utf-8", "grpc", "json"],
      ["application/grpc+proto", "grpc", "proto"],
      ["application/grpc-web", "grpc-web", "proto"],
      ["application/grpc-web+json", "grpc-web", "json"],
      ["application/grpc-web+json; charset=utf-8", "grpc-web", "json"],
      ["application/grpc-web+proto", "grpc-web", "proto"],
      ["application/json", "connect", "json"],
      ["application/json; charset=utf-8", "connect", "json"],
      ["application/proto", "connect", "proto"],
    ] as const
  ).map(([text, protocol, codec]) => [text, { protocol, codec, text }]),
);

/** The value of `Accept-Post` for requests of any other type. */
export const acceptedContentTypes = [...known.keys()].join(", ");

/** The protocol and codec that a request's `Content-Type` asks for; undefined for one that is not served. */
export function rpcContentType(header: string | undefined): RpcContentType | undefined {
  if (header === undefined) return undefined;
  return known.get(header) ?? known.get(canonical(header));
}

/** Type, subtype and charset in lower case, one space after the semicolon (RFC 9110, 8.3.1). */
function canonical(header: string): string {
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim());
  const shown = parameters
    .filter((part) => part !== "")
    .map((part) =>
      part
        .toLowerCase()
        .replaceAll('"', "")
        .replaceAll(/\s*=\s*/g, "="),
    );
  return [type.toLowerCase(), ...shown].join("; ");
}
