import { array, assert, constantFrom, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnswerHead } from "./answer-head.ts";
import { AnswerReader } from "./answer-reader.ts";
import { MalformedAnswerError } from "./malformed-answer-error.ts";

interface Read {
  readonly head: AnswerHead | undefined;
  readonly body: string;
  readonly ended: boolean;
}

/** Reads an answer that comes in pieces which end at `cuts`; then the connection ends when `closes`. */
function read(answer: string, { method = "POST", cuts = [] as readonly number[], closes = false } = {}): Read {
  let head: AnswerHead | undefined;
  let body = "";
  const reader = new AnswerReader(method, {
    onHead: (given) => (head = given),
    onData: (chunk) => (body += chunk.toString("latin1")),
  });
  const bytes = Buffer.from(answer, "latin1");
  const ends = [...new Set([...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b);
  let from = 0;
  for (const to of ends) {
    if (!reader.ended) reader.take(bytes.subarray(from, to));
    from = to;
  }
  if (closes) reader.finish();
  return { head, body, ended: reader.ended };
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

describe("AnswerReader", () => {
  it("reads status, words and headers", () => {
    const { head, body, ended } = read(
      "HTTP/1.1 503 Try later\r\nContent-Length: 2\r\nX-A: 1\r\nx-a:2 \r\nLong: one\r\n  two\r\nEmpty:\r\n\r\nok",
    );
    expect(head).toMatchObject({ status: 503, statusText: "Try later", keepsAlive: true });
    expect({ ...head?.headers }).toEqual({ "content-length": "2", "x-a": ["1", "2"], long: "one two", empty: "" });
    expect([body, ended]).toEqual(["ok", true]);
  });

  it.each([
    ["HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ""],
    ["HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "ok"],
    ["HTTP/1.1 200 OK\nContent-Length: 8\n\r\n\r\n\r\nok\n\n", "\r\n\r\nok\n\n"],
    ["HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 \r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "ok"],
    ["HTTP/1.1 204 No Content\r\n\r\n", ""],
    [`${chunked}2\r\nok\r\n0\r\n\r\n`, "ok"],
    [`${chunked}A;name="x"\r\n0123456789\r\n001\r\n!\r\n0\r\nTrailer: x\r\n\r\n`, "0123456789!"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok"],
  ])("finds the end of %j, however it is cut", (answer, expected) => {
    assert(
      property(array(nat(), { maxLength: 12 }), (cuts) => {
        expect(read(answer, { cuts })).toMatchObject({ body: expected, ended: true });
      }),
    );
  });

  it("gives no body for HEAD", () => {
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", { method: "HEAD" })).toMatchObject({ body: "", ended: true });
  });

  it("takes the end of the connection for that of an answer without a length, and of no other", () => {
    const closes = true;
    expect(read("HTTP/1.1 200 OK\r\n\r\nall of it", { closes })).toMatchObject({
      body: "all of it",
      ended: true,
      head: { keepsAlive: false },
    });
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", { closes })).toMatchObject({ ended: false });
    expect(read(`${chunked}9\r\nhalf`, { closes })).toMatchObject({ ended: false });
    expect(read("HTTP/1.1 200", { closes })).toMatchObject({ ended: false, head: undefined });
  });

  it.each([
    ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close", false, undefined],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0", false, undefined],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\nKeep-Alive: timeout=5, max=9", true, 5],
  ])("knows whether %j lets the connection be used again", (head, keepsAlive, keepAliveSeconds) => {
    expect(read(`${head}\r\n\r\n`).head).toMatchObject({ keepsAlive, keepAliveSeconds });
  });

  it.each([
    "SSH-2.0-x\r\n\r\n",
    "HTTP/2 200\r\n\r\n",
    "HTTP/1.1 099 x\r\n\r\n",
    "HTTP/1.1 101 Switching\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nBad name: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    `${chunked}x\r\n`,
    `${chunked}-1\r\n`,
    `${chunked}fffffffffffff\r\n`,
    `${chunked}1\r\nok\r\n`,
    `${chunked}${"0".repeat(20_000)}`,
    `${chunked}0\r\n${"Trailer: x\r\n".repeat(2000)}`,
    `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(200_000)}`,
    "HTTP/1.1 103 Early\r\n\r\n".repeat(60_000),
  ])("refuses %.40j", (answer) => {
    expect(() => read(answer)).toThrow(MalformedAnswerError);
  });

  it("ends with an answer or with an error, whatever comes", () => {
    const pieces = [
      "HTTP/1.1 ",
      "200 OK",
      "\r\n",
      "\n",
      "Content-Length: ",
      "Transfer-Encoding: chunked",
      "0",
      "5",
      ":",
      ";",
      " ",
      "a",
      "\0",
    ];
    assert(
      property(array(constantFrom(...pieces), { maxLength: 30 }), (parts) => {
        try {
          read(parts.join("") || " ", { closes: true });
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedAnswerError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
