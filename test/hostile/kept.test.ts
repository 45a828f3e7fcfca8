/** What a server keeps of requests: little, whatever they are made of. */

import { describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { head } from "../behaviour/client.ts";
import { serveTargets, TestServer } from "../behaviour/targets.ts";

const CLIENTS = 8;
/** Garbage that a runtime has not collected yet is less, and what was kept was more. */
const NAMES_MIB = 100;
const DRIPS_MIB = 64;
const [SENDERS, BYTES] = [200, 1500];

// Below the names and the bodies the two kinds of sockets are the same.
const targets = serveTargets.filter(({ socket }) => socket === "TCP");

/** Sends requests, some at a time. */
async function requests(
  server: TestServer,
  count: number,
  variables: (index: number) => Record<string, string>,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    for (let index = next++; index < count; index = next++) {
      const { text } = await server.ask("/", { variables: variables(index) });
      if (text !== "Hello\n") throw new Error(text);
    }
  }));
}

describe.each(targets)("memory ($runtime)", (target) => {
  const start = () =>
    TestServer.started(target, {
      module: "test/hostile/kept-app.ts",
      args: ["--shutdown-timeout", "100"],
    });

  test("is not held by 1,400 requests with a long name each", async () => {
    await using server = await start();
    await requests(server, 2000, () => ({ HTTP_ACCEPT: "*/*" }));
    const before = server.memory();
    const long = "A".repeat(60_000);
    await requests(server, 1400, (index) => ({ [`HTTP_X_${index}_${long}`]: "x" }));
    await requests(server, 2000, () => ({ HTTP_ACCEPT: "*/*" }));
    expect(server.memory() - before).toBeLessThan(NAMES_MIB);
  }, 60_000);

  test("is not held by bodies that nobody reads, and that come a byte at a time", async () => {
    await using server = await start();
    await requests(server, 1000, () => ({ HTTP_ACCEPT: "*/*" }));
    const before = server.memory();
    const peers = await Promise.all(
      Array.from({ length: SENDERS }, async () => {
        const peer = await server.open();
        await peer.send(head("/", { length: 1_000_000 }));
        return peer;
      }),
    );
    for (let byte = 0; byte < BYTES; byte++) {
      // What comes together would be one chunk.
      for (const peer of peers) void peer.send("x");
      await sleep(1);
    }
    expect(server.memory() - before).toBeLessThan(DRIPS_MIB);
    for (const peer of peers) peer.reset();
    expect((await server.ask("/")).text).toBe("Hello\n");
  }, 60_000);
});
