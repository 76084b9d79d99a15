import { describe, expect, it } from "vitest";
import { Secret } from "../../schema/secret.ts";
import { clientArguments } from "../testing/arguments.ts";
import { httpClientFields } from "./arguments.ts";

describe("httpClientFields", () => {
  it("default to a plain client that follows redirects and may use HTTP/2", () => {
    const args = clientArguments();
    expect(args).toMatchObject({ follow_redirects: true, enable_http2: true, proxy_from_environment: false, proxy_url: "" });
    expect([args.basic_auth, args.authorization, args.oauth2]).toEqual([undefined, undefined, undefined]);
  });

  const manyKinds = "at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured";

  it.each([
    ['bearer_token = "x"\nbasic_auth { username = "u" }', manyKinds],
    ['bearer_token = "x"\nbearer_token_file = "y"', manyKinds],
    ["authorization { }\nbasic_auth { }", manyKinds],
    ['basic_auth { password = "a"\npassword_file = "b" }', "at most one of basic_auth password & password_file must be configured"],
    [
      'authorization { credentials = "a"\ncredentials_file = "b" }',
      "at most one of authorization credentials & credentials_file must be configured",
    ],
    ['authorization { type = " bAsic " }', 'authorization type cannot be set to "basic", use "basic_auth" block instead'],
    ["oauth2 { }", "oauth2 client_id must be configured"],
    ['oauth2 { client_id = "i" }', "either oauth2 client_secret or client_secret_file must be configured"],
    ['oauth2 { client_id = "i"\nclient_secret = "s" }', "oauth2 token_url must be configured"],
    [
      'oauth2 { client_id = "i"\nclient_secret = "s"\nclient_secret_file = "f"\ntoken_url = "http://t" }',
      "at most one of oauth2 client_secret & client_secret_file must be configured",
    ],
    [
      'oauth2 { client_id = "i"\nclient_secret = "s"\ntoken_url = "http://t"\nno_proxy = "x" }',
      "if no_proxy is configured, proxy_url must also be configured",
    ],
    [
      'proxy_connect_header = {"A" = ["b"]}',
      "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured",
    ],
    ['proxy_from_environment = true\nproxy_url = "http://p"', "if proxy_from_environment is configured, proxy_url must not be configured"],
    ['proxy_from_environment = true\nno_proxy = "x"', "if proxy_from_environment is configured, no_proxy must not be configured"],
    ['no_proxy = "x"', "if no_proxy is configured, proxy_url must also be configured"],
    ['proxy_url = "://bad"', 'parse "://bad": missing protocol scheme'],
    ['tls_config { ca_pem = "x"\nca_file = "y" }', "at most one of ca_pem and ca_file must be configured"],
    ['tls_config { cert_pem = "x"\ncert_file = "y" }', "at most one of cert_pem and cert_file must be configured"],
    ['tls_config { key_pem = "x"\nkey_file = "y" }', "at most one of key_pem and key_file must be configured"],
    ['tls_config { cert_pem = "x" }', "exactly one of key_pem or key_file must be configured when a client certificate is configured"],
    ['tls_config { key_file = "x" }', "exactly one of cert_pem or cert_file must be configured when a client key is configured"],
    ['tls_config { min_version = "TLS14" }', "unknown TLS version: TLS14"],
    ['http_headers = {"authorization" = ["x"]}', 'setting header "Authorization" is not allowed'],
    ['http_headers = {"x-amz-content-sha256" = ["x"]}', 'setting header "X-Amz-Content-Sha256" is not allowed'],
  ])("refuse %j", (config, message) => {
    expect(() => clientArguments(config)).toThrow(message);
  });

  it("show bearer tokens as the authorization that they are short for", () => {
    const fromText = clientArguments('bearer_token = "t"');
    expect(fromText.authorization).toEqual({ type: "Bearer", credentials: new Secret("t"), credentials_file: "" });
    expect(fromText.authorization?.credentials.reveal()).toBe("t");
    expect(fromText.bearer_token.reveal()).toBe("");
    expect(clientArguments('bearer_token_file = "f"').authorization?.credentials_file).toBe("f");
  });

  it("trim the type of an authorization, which is Bearer when empty", () => {
    expect(clientArguments('authorization { type = " Token " }').authorization?.type).toBe("Token");
    expect(clientArguments("authorization { }").authorization?.type).toBe("Bearer");
  });

  it("do not show a proxy with a password", () => {
    const shown = (url: string): unknown => {
      return httpClientFields.proxy_url.type.encode(clientArguments(`proxy_url = "${url}"`).proxy_url);
    };
    expect(shown("http://p:3128")).toBe("http://p:3128");
    expect(String(shown("http://u:pw@p:3128"))).toBe("(secret)");
  });
});
