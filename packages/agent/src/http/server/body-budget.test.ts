import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawClient } from "../testing/raw-client.ts";
import { BodyBudget, BodyBudgetError } from "./body-budget.ts";
import { readBody } from "./body.ts";
import { respondText } from "./exchange.ts";
import type { RunningServer } from "./listen.ts";
import { listen } from "./listen.ts";

let server: RunningServer;
let budget: BodyBudget;
let failures: unknown[];
/** Requests whose body has arrived, to be answered by a test. */
let waiting: (() => void)[];

beforeEach(async () => {
  budget = new BodyBudget(1000);
  failures = [];
  waiting = [];
  server = await listen({
    address: "127.0.0.1",
    port: 0,
    handler: (request, response) => {
      readBody(request, { maxBytes: 10_000, budget }).then(
        (body) => waiting.push(() => respondText(response, 200, `took ${body.length}`)),
        (error: unknown) => {
          failures.push(error);
          respondText(response, 429, String(error));
        },
      );
    },
  });
});

afterEach(() => server.close(0));

async function send(length: number, sent = length): Promise<RawClient> {
  const client = await RawClient.connect(server.port);
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(sent)}`);
  return client;
}

const answerNext = (): void => waiting.shift()?.();
const arrived = (count: number): Promise<unknown> => expect.poll(() => waiting.length).toBe(count);
const held = (bytes: number): Promise<unknown> => expect.poll(() => budget.heldBytes).toBe(bytes);

describe("BodyBudget", () => {
  it("refuses what goes beyond it until an answer is over, on a connection that stays usable", async () => {
    using first = await send(600);
    await arrived(1);
    using second = await send(500);
    await second.until(/429[^]*more than 1000 bytes/);
    expect(failures).toEqual([expect.any(BodyBudgetError)]);
    expect(budget.refused).toBe(1);
    expect(budget.heldBytes).toBe(600);
    answerNext();
    await first.until(/took 600/);
    await held(0);
    second.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n${"x".repeat(500)}`);
    await arrived(1);
    answerNext();
    await second.until(/took 500/);
    await held(0);
  });

  it("counts what has arrived, not what was announced", async () => {
    using slow = await send(900, 10);
    await held(10);
    using quick = await send(800);
    await arrived(1);
    expect(budget.heldBytes).toBe(810);
    answerNext();
    await quick.until(/took 800/);
    slow.send("x".repeat(890));
    await arrived(1);
    answerNext();
    await slow.until(/took 900/);
  });

  it("lets a request that is alone have more than all", async () => {
    using client = await send(5000);
    await arrived(1);
    expect(budget.heldBytes).toBe(5000);
    answerNext();
    await client.until(/took 5000/);
    await held(0);
  });

  it("gets back what a sender held that has gone", async () => {
    const client = await send(900, 700);
    await held(700);
    client[Symbol.dispose]();
    await held(0);
    const other = await send(900);
    await arrived(1);
    other[Symbol.dispose]();
    await held(0);
  });
});
