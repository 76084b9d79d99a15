import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clientArguments } from "../testing/arguments.ts";
import type { Answer } from "../testing/origin.ts";
import { Origin } from "../testing/origin.ts";
import type { HttpClient, HttpResponse } from "./http-client.ts";
import { createHttpClient } from "./http-client.ts";

let stack: AsyncDisposableStack;
let api: Origin;
let tokens: Origin;
let grant: Answer;

const json = (status: number, fields: object): Answer => {
  return (_, response) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(fields));
};

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  api = stack.use(await Origin.start());
  grant = (request, response) => json(200, { access_token: `T${tokens.requests.length}`, expires_in: 3600 })(request, response);
  tokens = stack.use(await Origin.start((request, response) => grant(request, response)));
});

afterEach(async () => {
  vi.useRealTimers();
  await stack.disposeAsync();
});

function client(more = 'client_secret = "s cret"'): HttpClient {
  const config = `oauth2 {\nclient_id = "the id"\ntoken_url = "${tokens.url}/token"\n${more}\n}`;
  const made = createHttpClient(clientArguments(config), { name: "", userAgent: "flameline/1" });
  stack.defer(() => made.close());
  return made;
}

const get = (made: HttpClient): Promise<HttpResponse> => made.send({ method: "GET", url: api.url, headers: [] });

const sentTokens = (): unknown => api.requests.map(({ headers }) => headers["authorization"]);

describe("OAuth2", () => {
  it("fetches a token with the client's credentials and keeps it", async () => {
    const made = client('client_secret = "s cret"\nscopes = ["a", "b"]\nendpoint_params = {audience = "x y"}');
    await get(made);
    await get(made);
    expect(sentTokens()).toEqual(["Bearer T1", "Bearer T1"]);
    expect(tokens.requests).toMatchObject([
      {
        method: "POST",
        url: "/token",
        body: "audience=x+y&grant_type=client_credentials&scope=a+b",
        headers: {
          authorization: `Basic ${btoa("the+id:s+cret")}`,
          "content-type": "application/x-www-form-urlencoded",
          "user-agent": "flameline/1",
        },
      },
    ]);
  });

  it("fetches once for requests that come together", async () => {
    const made = client();
    await Promise.all([get(made), get(made), get(made)]);
    expect(sentTokens()).toEqual(["Bearer T1", "Bearer T1", "Bearer T1"]);
    expect(tokens.requests).toHaveLength(1);
  });

  it("fetches another token shortly before the old one ends", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const made = client();
    await get(made);
    vi.setSystemTime(Date.now() + 3589_000);
    await get(made);
    vi.setSystemTime(Date.now() + 2000);
    await get(made);
    expect(sentTokens()).toEqual(["Bearer T1", "Bearer T1", "Bearer T2"]);
  });

  it("sends the credentials in the form to servers that want them there, and remembers that", async () => {
    grant = (request, response) => {
      const fine = request.body.includes("client_secret=s+cret") && request.headers["authorization"] === undefined;
      json(fine ? 200 : 401, fine ? { access_token: "T", token_type: "bearer", expires_in: "1" } : { error: "invalid_client" })(
        request,
        response,
      );
    };
    const made = client();
    await get(made);
    await get(made);
    expect(tokens.requests.map(({ body }) => body.includes("client_id=the+id"))).toEqual([false, true, true]);
    expect(sentTokens()).toEqual(["Bearer T", "Bearer T"]);
  });

  it("fetches another token when the secret in the file changes", async () => {
    const directory = mkdtempSync(join(tmpdir(), "flameline-oauth2-"));
    stack.defer(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "secret");
    writeFileSync(file, "one\n");
    const made = client(`client_secret_file = ${JSON.stringify(file)}`);
    await get(made);
    await get(made);
    writeFileSync(file, "two");
    await get(made);
    expect(sentTokens()).toEqual(["Bearer T1", "Bearer T1", "Bearer T2"]);
    expect(tokens.requests[1]?.headers["authorization"]).toBe(`Basic ${btoa("the+id:two")}`);
    rmSync(file);
    await expect(get(made)).rejects.toThrow(`Get "${api.url}/": unable to read oauth2 client secret: unable to read file ${file}: open`);
  });

  it.each([
    [json(401, { error: "invalid_client" }), 'oauth2: "invalid_client"'],
    [json(400, { error: "invalid_scope", error_description: 'no "x"' }), 'oauth2: "invalid_scope" "no \\"x\\""'],
    [json(200, { token_type: "bearer" }), "oauth2: server response missing access_token"],
    [
      ((_, response) => response.writeHead(503).end("later")) satisfies Answer,
      "oauth2: cannot fetch token: 503 Service Unavailable\nResponse: later",
    ],
    [((_, response) => response.end("<html>")) satisfies Answer, "oauth2: cannot parse json"],
  ])("says why there is no token", async (answer, message) => {
    grant = answer;
    await expect(get(client())).rejects.toMatchObject({ code: "other", reason: message, message: `Get "${api.url}/": ${message}` });
    expect(api.requests).toHaveLength(0);
  });

  it("understands tokens in form encoding and other token types", async () => {
    grant = (_, response) => response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end("access_token=F&token_type=MAC");
    await get(client());
    expect(sentTokens()).toEqual(["MAC F"]);
  });

  it("does not wait longer for a token than the request may take", async () => {
    grant = () => {};
    const sent = client().send({ method: "GET", url: api.url, headers: [], timeoutMs: 50 });
    await expect(sent).rejects.toMatchObject({ code: "timeout" });
  });

  it("names both requests when the token server cannot be reached", async () => {
    const config = 'oauth2 {\nclient_id = "i"\nclient_secret = "s"\ntoken_url = "http://127.0.0.1:1/t"\n}';
    const made = createHttpClient(clientArguments(config), { name: "", userAgent: "flameline/1" });
    stack.defer(() => made.close());
    const cause = 'Post "http://127.0.0.1:1/t": dial tcp 127.0.0.1:1: connect: connection refused';
    await expect(get(made)).rejects.toMatchObject({ code: "refused", message: `Get "${api.url}/": ${cause}` });
  });
});
