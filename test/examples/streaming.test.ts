/** The streaming example. Its app needs JSR and Deno; what it works out does not. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { answerOrders } from "../../examples/streaming/orders.ts";
import { encodeHead } from "../../src/scgi/encoder.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { RawConnection } from "../support/raw-http.ts";
import { startServer } from "../support/server.ts";

const root = join(import.meta.dirname, "../..");
const tea = '{"item":"tea","quantity":2,"price":3.5}';
const rusks = '{"item":"rusks","quantity":1,"price":2.25}';

describe("the answers to orders", () => {
  test("have each order's cost and the total so far", async () => {
    expect(await answers(tea, rusks)).toEqual([
      { line: 1, item: "tea", cost: 7, total: 7 },
      { line: 2, item: "rusks", cost: 2.25, total: 9.25 },
    ]);
  });

  test.each(["tea", "null", "[]", '{"item":"tea"}', '{"item":1,"quantity":1,"price":1}'])(
    "name the line of what is no order: %s",
    async (text) => {
      expect(await answers(text, tea)).toEqual([
        { line: 1, error: "not an order: {item, quantity, price}" },
        { line: 2, item: "tea", cost: 7, total: 7 },
      ]);
    },
  );

  test("pass over blank lines, and count them", async () => {
    expect(await answers("", tea)).toEqual([{ line: 2, item: "tea", cost: 7, total: 7 }]);
  });
});

const title = "the first order is answered before the second one is sent, on deno";
if (jsrAnswers()) test(title, theFirstAnswerComesFirst);
else test.skip(`${title} (skipped: JSR is out of reach, where @std/streams is)`, () => {});

async function theFirstAnswerComesFirst(): Promise<void> {
  const port = await freePort();
  await using _server = await startServer({
    runtime: "deno",
    module: "examples/streaming/app.ts",
    listen: `127.0.0.1:${port}`,
  });
  const connection = new RawConnection(port);
  await connection.send(
    encodeHead(tea.length + rusks.length + 2, [["REQUEST_METHOD", "POST"], ["REQUEST_URI", "/"]]),
  );

  await connection.send(`${tea}\n`);
  const first = '{"line":1,"item":"tea","cost":7,"total":7}\n';
  await eventually(() => connection.received, (received) => received.endsWith(first));
  expect(connection.received).toStartWith("Status: 200 OK\r\n");
  expect(connection.received).toMatch(/^content-type: application\/x-ndjson\r\n/im);

  await connection.send(`${rusks}\n`);
  await connection.closed;
  expect(connection.received).toEndWith(
    `\r\n\r\n${first}{"line":2,"item":"rusks","cost":2.25,"total":9.25}\n`,
  );
}

/** Whether Deno can load `@std/streams`, from JSR or from what it has kept of it. */
function jsrAnswers(): boolean {
  const probe = ["eval", "--no-lock", 'import "@std/streams";'];
  const deno = join(root, "node_modules/.bin/deno");
  return spawnSync(deno, probe, { cwd: root, timeout: 20_000 }).status === 0;
}

async function answers(...lines: string[]): Promise<unknown[]> {
  const orders = new ReadableStream<string>({
    start(controller) {
      lines.forEach((line) => controller.enqueue(line));
      controller.close();
    },
  });
  const texts: string[] = [];
  for await (const text of orders.pipeThrough(answerOrders())) texts.push(text);
  return texts.map((text) => JSON.parse(text));
}
