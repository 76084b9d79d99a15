import { describe, expect, it } from "vitest";
import { decodeText } from "../testing/arguments.ts";
import { grpcServerBlock, httpServerBlock, serverTlsBlock } from "./arguments.ts";

describe("httpServerBlock", () => {
  it("has the reference's defaults, also when a part of it is set", () => {
    expect(decodeText(httpServerBlock, "listen_port = 1\nhttp2 { enabled = true }")).toEqual({
      listen_address: "",
      listen_port: 1,
      conn_limit: 16_384,
      server_read_timeout: 30_000,
      server_write_timeout: 30_000,
      server_idle_timeout: 120_000,
      tls: undefined,
      http2: expect.objectContaining({ enabled: true, max_concurrent_streams: 100, ping_timeout: 15_000 }) as unknown,
    });
  });
});

describe("grpcServerBlock", () => {
  it("takes everything that the reference takes", () => {
    const text = 'listen_address = "a"\nlisten_port = 2\nmax_connection_age = "1h"\nserver_max_recv_msg_size = 100\ntls { }';
    expect(decodeText(grpcServerBlock, text)).toMatchObject({
      max_connection_age: 3_600_000,
      max_connection_idle: Infinity,
      server_max_recv_msg_size: 100,
    });
  });
});

describe("serverTlsBlock", () => {
  it.each([
    ['cert_pem = "a"\ncert_file = "b"', "at most one of cert_pem and cert_file must be configured"],
    ['key_pem = "a"\nkey_file = "b"', "at most one of key_pem and key_file must be configured"],
    ['client_ca = "a"\nclient_ca_pem = "b"', "at most one of client_ca, client_ca_pem and client_ca_file must be configured"],
    ['cert_file = "a"', "exactly one of key_pem or key_file must be configured when a server certificate is configured"],
    ['key_pem = "a"', "exactly one of cert_pem or cert_file must be configured when a server key is configured"],
    ['client_ca_pem = "a"', "a server certificate and key must be configured when client CAs are configured"],
  ])("refuses %j", (text, message) => {
    expect(() => decodeText(serverTlsBlock, text)).toThrow(message);
  });

  it("takes an empty block", () => {
    expect(decodeText(serverTlsBlock, "").cert_file).toBe("");
  });
});
