/** Memory of the server while one side is slow. */

import { expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { describeRuntimes, describeServed, newId, type TestServer } from "./targets.ts";

const MIB = 1048576;
const LIMIT_MIB = 32;
/** So much that half of it is more than the garbage that V8 lets pile up where it gets no time. */
const MUCH_MIB = 192;

/** How much more memory the server held while something ran, in MiB. */
async function growth(server: TestServer, action: () => Promise<unknown>): Promise<number> {
  const before = server.memory();
  let most = before;
  const timer = setInterval(() => most = Math.max(most, server.memory()), 5);
  try {
    await action();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, server.memory()) - before;
}

/** A server that has done all of this before, so that no code is loaded any more. */
async function warm(server: TestServer): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    const peer = await server.begin(`/count/${newId()}`, { length: 4 * MIB });
    await peer.upload(4 * MIB);
    await peer.reply();
    await server.ask("/supply/4");
  }
}

describeRuntimes("memory, with 192 MiB up to a handler that reads slowly", {}, (server) => {
  test("moves by less than 96 MiB", async () => {
    await warm(server);
    const grown = await growth(server, async () => {
      const peer = await server.begin(`/count/${newId()}/1`, { length: MUCH_MIB * MIB });
      expect(await peer.upload(MUCH_MIB * MIB)).toBe(MUCH_MIB * MIB);
      expect((await peer.reply()).json()).toMatchObject({ bytes: MUCH_MIB * MIB });
    });
    expect(grown).toBeLessThan(MUCH_MIB / 2);
  }, 60_000);
});

describeServed("memory, with 64 MiB up to a handler that does not read yet", {}, (server) => {
  test("moves by less than 32 MiB, and the sender waits", async () => {
    await warm(server);
    const id = newId();
    const peer = await server.begin(`/unread/${id}`, { length: 64 * MIB });
    let sent = 0;
    let sending: Promise<void> | undefined;
    const grown = await growth(server, async () => {
      const piece = Buffer.alloc(262144);
      sending = (async () => {
        while (sent < 64 * MIB) {
          await peer.send(piece);
          sent += piece.length;
        }
      })();
      // Until it stands still.
      for (let before = -1; sent !== before; await sleep(300)) before = sent;
    });
    expect(sent).toBeLessThan(16 * MIB);
    expect(grown).toBeLessThan(LIMIT_MIB);
    await server.ask(`/go-on/${id}`);
    await sending;
    expect((await peer.reply()).text).toBe("late\n");
  });
});

describeServed("memory, with 64 MiB down to a slow peer", {}, (server) => {
  test("moves by less than 32 MiB", async () => {
    await warm(server);
    const id = newId();
    const grown = await growth(server, async () => {
      const peer = await server.begin(`/supply/64/${id}`);
      peer.keep = false;
      peer.pause();
      await sleep(300);
      for (let turn = 0; turn < 60; turn++) {
        peer.resume();
        await sleep(1);
        peer.pause();
        await sleep(5);
      }
      peer.resume();
      expect(await peer.ended).toBe("end");
      expect(peer.count).toBeGreaterThan(64 * MIB);
    });
    expect(grown).toBeLessThan(LIMIT_MIB);
    if (server.completes) await server.saw(id, ({ completed }) => completed === "resolved");
  });
});

describeServed("memory, with 192 MiB echoed", {}, (server) => {
  test("moves by less than 96 MiB", async () => {
    await warm(server);
    const grown = await growth(server, async () => {
      const peer = await server.begin("/echo", { length: MUCH_MIB * MIB });
      peer.keep = false;
      expect(await peer.upload(MUCH_MIB * MIB)).toBe(MUCH_MIB * MIB);
      await peer.ended;
      expect(peer.count).toBeGreaterThan(MUCH_MIB * MIB);
    });
    expect(grown).toBeLessThan(MUCH_MIB / 2);
  });
});

describeRuntimes("memory, with 10,000 requests of which half are aborted", {}, (server) => {
  async function requests(count: number): Promise<void> {
    let next = 0;
    const client = async () => {
      for (let turn = next++; turn < count; turn = next++) {
        if (turn % 2 === 0) await server.ask("/hello");
        else {
          const peer = await server.begin(turn % 4 === 1 ? "/wait/same" : "/ticks/same");
          if (turn % 4 === 3) await peer.until("tick");
          peer.leave();
          await peer.closed;
        }
      }
    };
    await Promise.all(Array.from({ length: 32 }, client));
  }

  test("moves by less than 32 MiB after the first 5,000", async () => {
    await requests(5000);
    await sleep(300);
    let grown = await growth(server, () => requests(10_000));
    // A heap may settle late; what leaks does it each time.
    if (grown >= LIMIT_MIB) grown = await growth(server, () => requests(10_000));
    expect(grown).toBeLessThan(LIMIT_MIB);
  });
});
