import type { OAuth2Arguments } from "./auth-arguments.ts";
import type { Authorizer } from "./authorization.ts";
import { basicCredentials, secretOf } from "./authorization.ts";
import type { HttpClient, HttpResponse } from "./http-message.ts";

/** How long before its end a token is not used any more. */
const expirySlackMs = 10_000;

/** How long the token server may take. */
const tokenTimeoutMs = 30_000;

/** More of a token server's answer is not read. */
const maxTokenBytes = 1024 * 1024;

interface Token {
  /** The value of the `Authorization` header. */
  readonly header: string;
  /** Milliseconds since 1970; Infinity when the server gave no time. */
  readonly expiresAt: number;
}

/**
 * Tokens by the client credentials grant (RFC 6749, 4.4). A token is kept until shortly before its end; at most one is fetched at a time; a changed secret
 * in `client_secret_file` fetches another.
 */
export class OAuth2 {
  readonly #args: OAuth2Arguments;
  readonly #client: HttpClient;
  #token: Token | undefined;
  #secret: string | undefined;
  #fetching: Promise<Token> | undefined;
  readonly #closing = new AbortController();
  /** How the server wants the client to identify itself, once known: servers differ. */
  #style: "header" | "body" | undefined;

  /** `client` sends the token requests. */
  constructor(args: OAuth2Arguments, client: HttpClient) {
    this.#args = args;
    this.#client = client;
  }

  readonly authorize: Authorizer = async () => {
    const secret = await this.#currentSecret();
    if (secret !== this.#secret) {
      this.#secret = secret;
      this.#token = undefined;
      this.#fetching = undefined;
    }
    if (this.#token !== undefined && Date.now() < this.#token.expiresAt) return this.#token.header;
    return (await this.#refresh(secret)).header;
  };

  /** Gives up a token request in progress: those who wait for it have their own time. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client.close();
  }

  #currentSecret(): string | Promise<string> {
    const { client_secret: secret, client_secret_file: file } = this.#args;
    return file === "" ? secret.reveal() : secretOf(file, "oauth2 client secret");
  }

  #refresh(secret: string): Promise<Token> {
    if (this.#fetching !== undefined) return this.#fetching;
    const fetching = this.#fetch(secret).finally(() => {
      if (this.#fetching === fetching) this.#fetching = undefined;
    });
    this.#fetching = fetching;
    return fetching.then((token) => {
      if (this.#secret === secret) this.#token = token;
      return token;
    });
  }

  async #fetch(secret: string): Promise<Token> {
    if (this.#style !== undefined) return tokenOf(await this.#ask(secret, this.#style));
    const answer = await this.#ask(secret, "header");
    if (isSuccess(answer)) {
      this.#style = "header";
      return tokenOf(answer);
    }
    const other = await this.#ask(secret, "body");
    if (isSuccess(other)) this.#style = "body";
    return tokenOf(other);
  }

  #ask(secret: string, style: "header" | "body"): Promise<HttpResponse> {
    const { client_id: id, scopes, endpoint_params: parameters, token_url: url } = this.#args;
    const form = new URLSearchParams({ grant_type: "client_credentials", ...(scopes.length > 0 && { scope: scopes.join(" ") }) });
    for (const [name, value] of parameters) form.set(name, value);
    if (style === "body") {
      form.set("client_id", id);
      form.set("client_secret", secret);
    }
    form.sort();
    const headers: [string, string][] = [["Content-Type", "application/x-www-form-urlencoded"]];
    // RFC 6749, 2.3.1: both are form-encoded before they become user and password.
    if (style === "header") headers.push(["Authorization", basicCredentials(formEncode(id), formEncode(secret))]);
    const body = Buffer.from(form.toString());
    const limits = { timeoutMs: tokenTimeoutMs, maxResponseBytes: maxTokenBytes, signal: this.#closing.signal };
    return this.#client.send({ method: "POST", url, headers, body, ...limits });
  }
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

function tokenOf(answer: HttpResponse): Token {
  const text = Buffer.from(answer.body).toString();
  const fields = parseFields(text, answer.headers.get("content-type") ?? "");
  if (!isSuccess(answer) || fields?.has("error") === true) throw refusal(answer, text, fields);
  if (fields === undefined) throw new Error("oauth2: cannot parse json");
  const token = fields.get("access_token") ?? "";
  if (token === "") throw new Error("oauth2: server response missing access_token");
  const seconds = Number(fields.get("expires_in") ?? 0);
  const expiresAt = seconds > 0 ? Date.now() + seconds * 1000 - expirySlackMs : Infinity;
  return { header: `${tokenScheme(fields.get("token_type") ?? "")} ${token}`, expiresAt };
}

/** Texts and numbers of an answer in JSON, or in the form encoding that some servers use against the standard; undefined when it is neither. */
function parseFields(text: string, contentType: string): ReadonlyMap<string, string> | undefined {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded" || type === "text/plain") return new Map(new URLSearchParams(text));
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const scalars = Object.entries(parsed).filter(([, value]) => typeof value === "string" || typeof value === "number");
    return new Map(scalars.map(([name, value]) => [name, String(value)]));
  } catch {
    return undefined;
  }
}

function refusal({ status, statusText }: HttpResponse, text: string, fields: ReadonlyMap<string, string> | undefined): Error {
  const parts = ["error", "error_description", "error_uri"].map((name) => fields?.get(name) ?? "").filter((value) => value !== "");
  if (fields?.has("error") === true) return new Error(`oauth2: ${parts.map((part) => JSON.stringify(part)).join(" ")}`);
  return new Error(`oauth2: cannot fetch token: ${status} ${statusText}\nResponse: ${text}`);
}

function tokenScheme(type: string): string {
  switch (type.toLowerCase()) {
    case "":
    case "bearer":
      return "Bearer";
    case "mac":
      return "MAC";
    case "basic":
      return "Basic";
    default:
      return type;
  }
}

function formEncode(text: string): string {
  return new URLSearchParams({ text }).toString().slice("text=".length);
}
