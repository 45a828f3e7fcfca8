/** Other people's WebSocket clients, through nginx, at a server on each runtime. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { startChromium } from "../support/chromium.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/require.ts";
import { root } from "../support/root.ts";
import { command, runtimes } from "../support/server.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { type Findings, findOut } from "./websocket-clients/client.ts";

const module = "test/e2e/websocket-clients/app.ts";
const client = "test/e2e/websocket-clients/main.ts";

const MESSAGES = [
  ...["an empty text", "a text", "70 kB of text", "1 MiB of text"],
  ...["no bytes", "three bytes", "70 kB", "1 MiB"],
];
const all = (names: string[]) => Object.fromEntries(names.map((name) => [name, true]));

/** What each client finds that offers compression, or offers none. */
const expected = (offers: boolean): Findings => ({
  agreed: ["chat", offers, offers],
  own: ["chat", offers],
  echoes: all(MESSAGES),
  inOrder: true,
  closes: {
    "3456 of the client": [3456, "done", true],
    "1000 of the app": [1000, "bye", true],
    "4000 of the app": [4000, "enough", true],
    "no code of the app": [1005, "", true],
    // Whether the client's own close frame still leaves, before the server closes, is chance.
    "a message that is too long": [1009, expect.any(String), expect.any(Boolean)],
  },
});

/** Runs a program that prints JSON. */
async function output(program: string, args: string[]): Promise<unknown> {
  const child = new Child(program, args, { cwd: root });
  const status = await child.exited;
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${child.stderr}`);
  return JSON.parse(child.stdout);
}

let chromium: Promise<Browser> | undefined;
afterAll(async () => await (await chromium)?.close());

for (const runtime of runtimes) {
  const tools = ["nginx", "chromium", "python3-websockets"] as const;
  describeWith(tools, `A server of WebSockets (${runtime})`, () => {
    let stack: Stack;
    beforeAll(async () => {
      stack = await startStack(runtime, runtime === "deno" ? "TCP" : "Unix socket", { module });
    }, 30_000);
    afterAll(() => stack?.[Symbol.asyncDispose](), 30_000);
    const origin = () => stack.web.origin.replace("http", "ws");
    const closed = (id: string) =>
      eventually(
        async () => await (await fetch(`${stack.web.origin}/closed?id=${id}`)).json(),
        (told) => told !== null,
      );

    test.each(runtimes)("understands the client of %s", async (own) => {
      const id = `the-client-of-${own}`;
      const flags = own === "node" ? ["--experimental-websocket", "--no-warnings"] : [];
      const [program, args] = command(own, [...flags, client, origin(), id]);
      const found = await output(program, args) as Findings;
      expect(found).toEqual(expected(found.agreed[1]));
      expect(await closed(id)).toBe("3456 done clean");
    }, 30_000);

    test("understands Chromium", async () => {
      const page = await (await (chromium ??= startChromium())).newPage();
      await page.goto(stack.web.origin);
      const script = `(${findOut})(${JSON.stringify(origin())}, "chromium")`;
      expect(await page.evaluate(script)).toEqual(expected(true));
      expect(await closed("chromium")).toBe("3456 done clean");
    }, 30_000);

    test("understands python3-websockets, its fragments and its pings", async () => {
      const script = "test/e2e/websocket-clients/client.py";
      // It is pinged as others are, whatever the runtime; that takes its time.
      const pinged = runtime === "bun";
      const args = [script, origin(), "python", pinged ? "pings" : "none"];
      const run = (offers: boolean) => ({
        agreed: ["chat", offers, offers],
        own: ["chat", offers],
        echoes: all([...MESSAGES, "text in fragments", "bytes in fragments", "a ping"]),
        inOrder: true,
        close: [3456, "done"],
      });
      expect(await output("/usr/bin/python3", args)).toEqual({
        runs: [run(true), run(false)],
        closes: {
          "1000 of the app": [1000, "bye"],
          "4000 of the app": [4000, "enough"],
          "no code of the app": [1005, ""],
          "a message that is too long": [1009, expect.any(String)],
        },
        answersPings: pinged ? true : null,
      });
      expect(await closed("python")).toBe("3456 done clean");
    }, 30_000);

    test("leaves nothing in nginx's error log", () => expect(stack.web.errors()).toEqual([]));
  });
}
