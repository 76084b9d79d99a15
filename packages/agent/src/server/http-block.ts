import type { BlockDefinition, Infer } from "../schema/fields.ts";
import { attr, defineBlock, optionalBlock } from "../schema/fields.ts";
import { bool } from "../schema/types/bool.ts";
import { enumeration } from "../schema/types/enumeration.ts";
import { list } from "../schema/types/list.ts";
import { secret } from "../schema/types/secrets.ts";
import { string } from "../schema/types/string.ts";

const basic = defineBlock({
  fields: {
    username: attr(string, { required: true, doc: "Name of the user." }),
    password: attr(secret, { required: true, doc: "Password of the user." }),
  },
});

const filter = defineBlock({
  fields: {
    paths: attr(list(string), { doc: "Beginnings of URL paths; an empty list means every path." }),
    authenticate_matching_paths: attr(bool, { default: true, doc: "Whether these paths, or all others, need authentication." }),
  },
});

const authFields = {
  basic: optionalBlock(basic, { doc: "HTTP basic authentication." }),
  filter: optionalBlock(filter, { doc: "Which paths need authentication; all of them without this block." }),
};

export type HttpAuthArguments = Infer<typeof authFields>;

const noClientCertificate = "NoClientCert";
const tlsVersion = enumeration(["", "TLS10", "TLS11", "TLS12", "TLS13"]);

const tlsFields = {
  cert_pem: attr(string, { doc: "Server certificate as PEM text." }),
  cert_file: attr(string, { doc: "File with the server certificate; read again when it changes." }),
  key_pem: attr(secret, { doc: "Private key of the server certificate as PEM text." }),
  key_file: attr(string, { doc: "File with the private key; read again when it changes." }),
  client_ca_pem: attr(string, { doc: "Certificates that client certificates must be signed by, as PEM text." }),
  client_ca_file: attr(string, { doc: "File with the same." }),
  client_auth_type: attr(
    enumeration([
      noClientCertificate,
      "RequestClientCert",
      "RequireAnyClientCert",
      "VerifyClientCertIfGiven",
      "RequireAndVerifyClientCert",
    ]),
    { default: noClientCertificate, doc: "What is asked of clients." },
  ),
  cipher_suites: attr(list(string), {
    doc: "TLS 1.2 cipher suites to allow, by the names of the IANA registry; empty for the safe defaults.",
  }),
  curve_preferences: attr(list(enumeration(["CurveP256", "CurveP384", "CurveP521", "X25519"])), {
    doc: "Elliptic curves to allow, best first; empty for the safe defaults.",
  }),
  min_version: attr(tlsVersion, { default: "", doc: "Lowest version of TLS; TLS 1.2 when empty." }),
  max_version: attr(tlsVersion, { default: "", doc: "Highest version of TLS; the highest known when empty." }),
};

export type HttpTlsArguments = Infer<typeof tlsFields>;

const fields = {
  auth: optionalBlock(defineBlock({ fields: authFields }), { doc: "Who may use the server." }),
  tls: optionalBlock(defineBlock({ fields: tlsFields, validate: validateTls }), { doc: "Serve TLS." }),
};

export type HttpArguments = Infer<typeof fields>;

/** The `http` block: how the program's own HTTP server is protected. Its address is a flag and cannot be changed by a configuration. */
export const httpBlock: BlockDefinition<HttpArguments> = defineBlock({ fields });

function validateTls(args: HttpTlsArguments): string | undefined {
  const pairs = [
    ["cert_pem", "cert_file", args.cert_pem, args.cert_file],
    ["key_pem", "key_file", args.key_pem.reveal(), args.key_file],
    ["client_ca_pem", "client_ca_file", args.client_ca_pem, args.client_ca_file],
  ] as const;
  for (const [pemName, fileName, pem, file] of pairs) {
    if (pem !== "" && file !== "") return `cannot specify both ${pemName} and ${fileName}`;
    if (pem === "" && file === "" && pemName !== "client_ca_pem") return `must specify either ${pemName} or ${fileName}`;
  }
  if (args.client_auth_type === noClientCertificate && (args.client_ca_pem !== "" || args.client_ca_file !== "")) {
    return "cannot specify client_ca_pem or client_ca_file when client_auth_type is NoClientCert";
  }
  return undefined;
}
