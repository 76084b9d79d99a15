import { equalArguments } from "../../schema/arguments.ts";
import { defaultArguments } from "../../schema/decode.ts";
import type { BlockDefinition, Infer } from "../../schema/fields.ts";
import { attr, block, defineBlock, optionalBlock } from "../../schema/fields.ts";
import type { Secret } from "../../schema/secret.ts";
import { bool } from "../../schema/types/bool.ts";
import { list } from "../../schema/types/list.ts";
import { map } from "../../schema/types/map.ts";
import { secret } from "../../schema/types/secrets.ts";
import { string } from "../../schema/types/string.ts";
import { authorizationBlock, basicAuthBlock, oauth2Block } from "./auth-arguments.ts";
import { canonicalHeader, reservedHeaders } from "./header-names.ts";
import { proxyFields, validateProxy } from "./proxy-arguments.ts";
import { tlsBlock } from "./tls-arguments.ts";

/** How requests are made, for every component that makes some: spread these among its own fields. */
export const httpClientFields = {
  basic_auth: optionalBlock(basicAuthBlock, { doc: "User name and password." }),
  authorization: optionalBlock(authorizationBlock, { doc: "Credentials of any other scheme." }),
  oauth2: optionalBlock(oauth2Block, { doc: "Tokens of an OAuth 2 server (client credentials grant)." }),
  bearer_token: attr(secret, { doc: "Bearer token." }),
  bearer_token_file: attr(string, { doc: "File with the bearer token; read for each request." }),
  ...proxyFields,
  tls_config: block(tlsBlock, { doc: "TLS of `https` requests." }),
  follow_redirects: attr(bool, {
    default: true,
    doc: "Follow redirects, up to ten. One that would lose the body of a request is not followed.",
  }),
  enable_http2: attr(bool, { default: true, doc: "Use HTTP/2 where the server of an `https` URL offers it." }),
  http_headers: attr(map(list(secret)), { doc: "Headers added to each request." }),
};

export type HttpClientArguments = Infer<typeof httpClientFields>;

/** The same settings as a block of their own. */
export const httpClientBlock: BlockDefinition<HttpClientArguments> = defineBlock({
  fields: httpClientFields,
  validate: validateHttpClient,
  normalize: normalizeHttpClient,
});

/** The settings of a client for which nothing is configured. */
export function defaultHttpClient(): HttpClientArguments {
  return defaultArguments(httpClientBlock);
}

/** Whether anything is configured, redirects and HTTP/2 included. */
export function isDefaultHttpClient(args: HttpClientArguments): boolean {
  return equalArguments(httpClientBlock, args, defaultHttpClient());
}

/** The rules between the settings; those of single blocks are the blocks' own. */
export function validateHttpClient(args: HttpClientArguments): string | undefined {
  const kinds = [
    args.basic_auth !== undefined,
    args.authorization !== undefined,
    args.oauth2 !== undefined,
    args.bearer_token.reveal() !== "",
    args.bearer_token_file !== "",
  ];
  if (kinds.filter(Boolean).length > 1) {
    return "at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured";
  }
  return validateProxy(args) ?? validateHeaders(args.http_headers);
}

function validateHeaders(headers: ReadonlyMap<string, readonly Secret[]>): string | undefined {
  const refused = [...headers.keys()].map(canonicalHeader).find((name) => reservedHeaders.has(name));
  return refused === undefined ? undefined : `setting header ${JSON.stringify(refused)} is not allowed`;
}

/** Bearer tokens become what they are short for: an `authorization` block. */
export function normalizeHttpClient<T extends HttpClientArguments>(args: T): T {
  const { bearer_token: token, bearer_token_file: file } = args;
  if (token.reveal() === "" && file === "") return args;
  const authorization = { type: "Bearer", credentials: token, credentials_file: file };
  return { ...args, authorization, bearer_token: secret.zero(), bearer_token_file: "" };
}
