import type { BlockDefinition, Infer } from "../../schema/fields.ts";
import { attr, block, defineBlock, optionalBlock } from "../../schema/fields.ts";
import { bool } from "../../schema/types/bool.ts";
import { duration } from "../../schema/types/duration.ts";
import { int } from "../../schema/types/numbers.ts";
import { secret } from "../../schema/types/secrets.ts";
import { string } from "../../schema/types/string.ts";

const tlsFields = {
  cert_pem: attr(string, { doc: "Server certificate as PEM text." }),
  key_pem: attr(secret, { doc: "Private key of the server certificate as PEM text." }),
  cert_file: attr(string, { doc: "File with the server certificate; read again when it changes." }),
  key_file: attr(string, { doc: "File with the private key; read again when it changes." }),
  client_auth_type: attr(string, {
    doc: "`NoClientCert`, `RequestClientCert`, `RequireAnyClientCert`, `VerifyClientCertIfGiven` or `RequireAndVerifyClientCert`.",
  }),
  client_ca_file: attr(string, { doc: "File with the certificates that client certificates must be signed by." }),
  client_ca: attr(string, { doc: "The same as PEM text." }),
  client_ca_pem: attr(string, { extension: true, doc: "Another name of `client_ca`, the one under which it is documented." }),
  cipher_suites: attr(string, { doc: "Comma-separated names of the TLS 1.2 cipher suites to allow; empty for the safe defaults." }),
  min_version: attr(string, { doc: "`VersionTLS10`, `VersionTLS11`, `VersionTLS12` or `VersionTLS13`; TLS 1.2 when empty." }),
};

export type ServerTlsArguments = Infer<typeof tlsFields>;

/** Settings of a TLS server, of which a component's block has only the first part. */
export interface ServerTlsSettings extends ServerTlsArguments {
  /** `VersionTLS12` and so on; the highest known when empty or absent. */
  readonly max_version?: string;
  /** Names of elliptic curves as OpenSSL knows them, best first; its defaults when empty or absent. */
  readonly curves?: readonly string[];
}

export const serverTlsBlock: BlockDefinition<ServerTlsArguments> = defineBlock({ fields: tlsFields, validate: validateServerTls });

/** The reference lets files win silently, and speaks plain HTTP when a half of the pair is missing. Both are mistakes worth an error. */
function validateServerTls(args: ServerTlsArguments): string | undefined {
  const certificates = [args.cert_pem, args.cert_file].filter((text) => text !== "").length;
  const keys = [args.key_pem.reveal(), args.key_file].filter((text) => text !== "").length;
  const authorities = [args.client_ca, args.client_ca_pem, args.client_ca_file].filter((text) => text !== "").length;
  if (certificates > 1) return "at most one of cert_pem and cert_file must be configured";
  if (keys > 1) return "at most one of key_pem and key_file must be configured";
  if (authorities > 1) return "at most one of client_ca, client_ca_pem and client_ca_file must be configured";
  if (certificates === 1 && keys === 0)
    return "exactly one of key_pem or key_file must be configured when a server certificate is configured";
  if (keys === 1 && certificates === 0) return "exactly one of cert_pem or cert_file must be configured when a server key is configured";
  if (authorities === 1 && certificates === 0) return "a server certificate and key must be configured when client CAs are configured";
  return undefined;
}

const http2Fields = {
  enabled: attr(bool, { doc: "Accept clear-text HTTP/2 (prior knowledge) on the same port. Over TLS it is always negotiated." }),
  max_handlers: attr(int, { deprecated: true, doc: "Accepted and ignored." }),
  max_concurrent_streams: attr(int, { default: 100, doc: "Most requests that one HTTP/2 connection may have in progress." }),
  max_decoder_header_table_size: attr(int, { default: 4096, doc: "Bytes of the table that request headers are decompressed with." }),
  max_encoder_header_table_size: attr(int, { default: 4096, doc: "Bytes of the table that response headers are compressed with." }),
  max_read_frame_size: attr(int, { doc: "Largest frame to accept, in bytes; 0 for the default." }),
  permit_prohibited_ciphers: attr(bool, { deprecated: true, doc: "Accepted and ignored." }),
  idle_timeout: attr(duration, { doc: "How long an HTTP/2 connection may be idle; 0 for `server_idle_timeout`." }),
  read_idle_timeout: attr(duration, { deprecated: true, doc: "Accepted and ignored." }),
  ping_timeout: attr(duration, { default: 15_000, deprecated: true, doc: "Accepted and ignored." }),
  write_byte_timeout: attr(duration, { deprecated: true, doc: "Accepted and ignored; `server_write_timeout` bounds an answer." }),
  max_upload_buffer_per_connection: attr(int, { doc: "Flow-control window of a connection, in bytes; 0 for the default." }),
  max_upload_buffer_per_stream: attr(int, { doc: "Flow-control window of a request, in bytes; 0 for the default." }),
};

const httpServerFields = {
  listen_address: attr(string, { doc: "Address to listen on; all of the host's when empty." }),
  listen_port: attr(int, { default: 8080, doc: "Port to listen on; 0 takes a free one." }),
  conn_limit: attr(int, { default: 16_384, doc: "Most connections served at once, further ones wait; 0 for no limit." }),
  server_read_timeout: attr(duration, { default: 30_000, doc: "How long receiving a request may take, body included." }),
  server_write_timeout: attr(duration, { default: 30_000, doc: "How long answering a request may take, from the end of its headers." }),
  server_idle_timeout: attr(duration, { default: 120_000, doc: "How long a connection is kept open without a request." }),
  tls: optionalBlock(serverTlsBlock, { doc: "Serve TLS; both a certificate and a key are needed for it." }),
  http2: block(defineBlock({ fields: http2Fields, showDefaults: true }), { doc: "HTTP/2." }),
};

export type HttpServerArguments = Infer<typeof httpServerFields>;

/** The `http` block of a component that listens. */
export const httpServerBlock: BlockDefinition<HttpServerArguments> = defineBlock({ fields: httpServerFields, showDefaults: true });

const grpcServerFields = {
  listen_address: attr(string, { doc: "Accepted and ignored." }),
  listen_port: attr(int, { doc: "Accepted and ignored." }),
  conn_limit: attr(int, { doc: "Accepted and ignored." }),
  max_connection_age: attr(duration, { default: Infinity, doc: "Accepted and ignored." }),
  max_connection_age_grace: attr(duration, { default: Infinity, doc: "Accepted and ignored." }),
  max_connection_idle: attr(duration, { default: Infinity, doc: "Accepted and ignored." }),
  server_max_recv_msg_size: attr(int, { default: 4 * 1024 * 1024, doc: "Accepted and ignored." }),
  server_max_send_msg_size: attr(int, { default: 4 * 1024 * 1024, doc: "Accepted and ignored." }),
  server_max_concurrent_streams: attr(int, { default: 100, doc: "Accepted and ignored." }),
  tls: optionalBlock(serverTlsBlock, { doc: "Accepted and ignored." }),
};

export type GrpcServerArguments = Infer<typeof grpcServerFields>;

/**
 * The `grpc` block of a component that listens. The reference opens a port of its own for it on which nothing is served; gRPC is spoken on the HTTP
 * port, so the block is only accepted.
 */
export const grpcServerBlock: BlockDefinition<GrpcServerArguments> = defineBlock({ fields: grpcServerFields, showDefaults: true });
