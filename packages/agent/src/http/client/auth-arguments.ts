import type { BlockDefinition, Infer } from "../../schema/fields.ts";
import { attr, block, defineBlock } from "../../schema/fields.ts";
import { list } from "../../schema/types/list.ts";
import { map } from "../../schema/types/map.ts";
import { secret } from "../../schema/types/secrets.ts";
import { string } from "../../schema/types/string.ts";
import { proxyFields, validateProxy } from "./proxy-arguments.ts";
import { tlsBlock } from "./tls-arguments.ts";

const basicAuthFields = {
  username: attr(string, { doc: "User name." }),
  password: attr(secret, { doc: "Password." }),
  password_file: attr(string, { doc: "File with the password; read for each request, white space around it does not count." }),
};

export type BasicAuthArguments = Infer<typeof basicAuthFields>;

export const basicAuthBlock: BlockDefinition<BasicAuthArguments> = defineBlock({
  fields: basicAuthFields,
  validate: ({ password, password_file: file }) =>
    password.reveal() !== "" && file !== "" ? "at most one of basic_auth password & password_file must be configured" : undefined,
});

const authorizationFields = {
  type: attr(string, { doc: "Scheme in front of the credentials; `Bearer` when empty." }),
  credentials: attr(secret, { doc: "Credentials." }),
  credentials_file: attr(string, { doc: "File with the credentials; read for each request, white space around them does not count." }),
};

export type AuthorizationArguments = Infer<typeof authorizationFields>;

export const authorizationBlock: BlockDefinition<AuthorizationArguments> = defineBlock({
  fields: authorizationFields,
  validate({ type, credentials, credentials_file: file }) {
    if (credentials.reveal() !== "" && file !== "") {
      return "at most one of authorization credentials & credentials_file must be configured";
    }
    return type.trim().toLowerCase() === "basic"
      ? 'authorization type cannot be set to "basic", use "basic_auth" block instead'
      : undefined;
  },
  normalize: (args) => ({ ...args, type: args.type.trim() || "Bearer" }),
});

const oauth2Fields = {
  client_id: attr(string, { doc: "Client ID." }),
  client_secret: attr(secret, { doc: "Client secret." }),
  client_secret_file: attr(string, { doc: "File with the client secret; a changed secret fetches a new token." }),
  scopes: attr(list(string), { doc: "Scopes to ask for." }),
  token_url: attr(string, { doc: "Where tokens are fetched." }),
  endpoint_params: attr(map(string), { doc: "Further parameters of the token request." }),
  ...proxyFields,
  tls_config: block(tlsBlock, { doc: "TLS of the token request." }),
};

export type OAuth2Arguments = Infer<typeof oauth2Fields>;

export const oauth2Block: BlockDefinition<OAuth2Arguments> = defineBlock({ fields: oauth2Fields, validate: validateOAuth2 });

function validateOAuth2(args: OAuth2Arguments): string | undefined {
  const secretText = args.client_secret.reveal();
  if (args.client_id === "") return "oauth2 client_id must be configured";
  if (secretText === "" && args.client_secret_file === "") return "either oauth2 client_secret or client_secret_file must be configured";
  if (args.token_url === "") return "oauth2 token_url must be configured";
  if (secretText !== "" && args.client_secret_file !== "")
    return "at most one of oauth2 client_secret & client_secret_file must be configured";
  return validateProxy(args);
}
