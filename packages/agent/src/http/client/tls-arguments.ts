import type { BlockDefinition, Infer } from "../../schema/fields.ts";
import { attr, defineBlock } from "../../schema/fields.ts";
import { bool } from "../../schema/types/bool.ts";
import { enumeration } from "../../schema/types/enumeration.ts";
import { secret } from "../../schema/types/secrets.ts";
import { string } from "../../schema/types/string.ts";

const minVersion = enumeration(["", "TLS10", "TLS11", "TLS12", "TLS13"], { refuse: (text) => `unknown TLS version: ${text}` });

const tlsFields = {
  ca_pem: attr(string, {
    doc: "Certificates that the server's must be signed by, as PEM text; the system's when neither this nor `ca_file` is set.",
  }),
  ca_file: attr(string, { doc: "File with these certificates; read again when it changes." }),
  cert_pem: attr(string, { doc: "Client certificate as PEM text." }),
  cert_file: attr(string, { doc: "File with the client certificate; read again when it changes." }),
  key_pem: attr(secret, { doc: "Private key of the client certificate as PEM text." }),
  key_file: attr(string, { doc: "File with the private key; read again when it changes." }),
  server_name: attr(string, { doc: "Name that the server's certificate must be for, instead of the URL's host." }),
  insecure_skip_verify: attr(bool, { doc: "Accept any certificate." }),
  min_version: attr(minVersion, { doc: "Lowest version of TLS to accept: `TLS10`, `TLS11`, `TLS12` or `TLS13`; TLS 1.2 when empty." }),
};

export type TlsArguments = Infer<typeof tlsFields>;

export const tlsBlock: BlockDefinition<TlsArguments> = defineBlock({ fields: tlsFields, validate: validateTls });

function validateTls(args: TlsArguments): string | undefined {
  const keyPem = args.key_pem.reveal();
  const hasCertificate = args.cert_pem !== "" || args.cert_file !== "";
  const hasKey = keyPem !== "" || args.key_file !== "";
  if (args.ca_pem !== "" && args.ca_file !== "") return "at most one of ca_pem and ca_file must be configured";
  if (args.cert_pem !== "" && args.cert_file !== "") return "at most one of cert_pem and cert_file must be configured";
  if (keyPem !== "" && args.key_file !== "") return "at most one of key_pem and key_file must be configured";
  if (hasCertificate && !hasKey) return "exactly one of key_pem or key_file must be configured when a client certificate is configured";
  if (hasKey && !hasCertificate) return "exactly one of cert_pem or cert_file must be configured when a client key is configured";
  return undefined;
}
