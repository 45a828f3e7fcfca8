/** Each limit with a small value. */

import { expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { ask, head, type Peer } from "./client.ts";
import { describeOnce, describeTargets, newId, TestServer } from "./targets.ts";

const MIB = 1048576;

describeOnce("maxHeaderBytes", { args: ["--max-header-bytes", "2000"] }, (server) => {
  test("refuses with 431 from the claimed length alone", async () => {
    const peer = await server.open();
    await peer.send("2001:");
    const reply = await peer.reply();
    expect([reply.status, reply.ending]).toEqual([431, "end"]);
    expect(reply.text).toContain("2000");
  });

  test("lets a head of that length pass", async () => {
    const [start] = /^\d+/.exec(head("/hello").toString("latin1"))!;
    const padding = 2000 - Number(start) - "X\0\0".length;
    const variables = { X: "x".repeat(padding) };
    expect(head("/hello", { variables }).toString("latin1")).toStartWith("2000:");
    expect((await server.ask("/hello", { variables })).status).toBe(200);
    expect((await server.ask("/hello", { variables: { X: `x${variables.X}` } })).status).toBe(431);
  });
});

describeOnce("maxHeaders", { args: ["--max-headers", "20"] }, (server) => {
  const ask = (count: number) => {
    const own = head("/hello").toString("latin1").split("\0").length >> 1;
    const names = Array.from({ length: count - own }, (_, i) => [`HTTP_X_${i}`, "x"]);
    return server.ask("/hello", { variables: Object.fromEntries(names) });
  };

  test("refuses a head with more variables with 431, and tells so", async () => {
    expect((await ask(20)).status).toBe(200);
    const reply = await ask(21);
    expect([reply.status, reply.ending]).toEqual([431, "end"]);
    expect(reply.text).toContain("maxHeaders");
  });

  test("refuses it before the head is whole", async () => {
    const pairs = Array.from({ length: 20 }, (_, i) => `A${i}\0x\0`).join("");
    const peer = await server.open();
    await peer.send(`9999:CONTENT_LENGTH\x000\0${pairs}`);
    expect((await peer.reply()).status).toBe(431);
  });
});

describeOnce("maxBodyBytes", { args: ["--max-body-bytes", "1000"] }, (server) => {
  test("refuses with 413 before the body is read", async () => {
    const peer = await server.begin("/count/x", { length: 1001 });
    await peer.until("Status: 413 ");
    await peer.send(Buffer.alloc(1001));
    const reply = await peer.reply();
    expect([reply.ending, peer.errors]).toEqual(["end", []]);
    expect(reply.text).toContain("1000 bytes");
  });

  test("in the middle of a 20 MB upload is read by the client, and resets nothing", async () => {
    const peer = await server.begin("/count/x", { length: 20_000_000 });
    expect(await peer.upload(20_000_000)).toBe(20_000_000);
    expect([(await peer.reply()).status, peer.errors]).toEqual([413, []]);
  });

  test("lets a body of that length pass", async () => {
    const reply = await server.ask("/count/x", { body: "x".repeat(1000) });
    expect(reply.json()).toMatchObject({ bytes: 1000 });
  });

  test("is refused to HEAD without a body", async () => {
    const peer = await server.begin("/hello", { method: "HEAD", length: 1001 });
    await peer.send(Buffer.alloc(1001));
    const reply = await peer.reply();
    expect([reply.status, reply.text]).toEqual([413, ""]);
  });
});

describeOnce("headTimeout", { args: ["--head-timeout", "300"] }, (server) => {
  test("ends a head that is not whole with 408", async () => {
    const start = performance.now();
    const peer = await server.open();
    await peer.send(head("/hello").subarray(0, 20));
    expect((await peer.reply()).status).toBe(408);
    expect(performance.now() - start).toBeGreaterThan(250);
  });

  test("counts from the start, also where bytes trickle in", async () => {
    const peer = await server.open();
    for (const byte of head("/hello").subarray(0, 12)) {
      await peer.send(Uint8Array.of(byte));
      await sleep(50);
    }
    expect((await peer.reply()).status).toBe(408);
  });

  test("closes a silent connection without a byte, and without a word", async () => {
    const said = await server.listenFromNow();
    const peer = await server.open();
    expect([await peer.ended, peer.count]).toEqual(["end", 0]);
    expect(await server.heard(said)).toBe("");
  });

  test("does not count while a handler holds the loop", async () => {
    const before = server.process.stdout().length;
    const [early, block] = [await server.open(), await server.begin("/block/600")];
    await eventually(
      () => server.process.stdout().slice(before),
      (text) => text.includes("blocking"),
    );
    await early.send(head("/hello"));
    expect((await early.reply()).text).toBe("Hello\n");
    expect((await block.reply()).status).toBe(200);
  });

  test("is over when the head is there", async () => {
    expect((await server.ask("/late/x/600")).text).toBe("late\n");
  });
});

describeOnce("requestTimeout", { args: ["--request-timeout", "300"] }, (server) => {
  test("answers 504 for a handler that takes longer, and aborts its signal", async () => {
    const [id, said] = [newId(), server.listenIn()];
    const reply = await server.ask(`/stuck/${id}`);
    expect([reply.status, reply.text]).toEqual([504, "The handler took too long\n"]);
    expect(await server.seen(id)).toMatchObject({
      aborts: 1,
      reason: "TimeoutError REQUEST_TIMEOUT",
    });
    await eventually(said, (text) => text.includes("REQUEST_TIMEOUT"));
  });

  test("is reported once for a handler that rejects then", async () => {
    const said = server.listenIn();
    expect((await server.ask(`/too-long/${newId()}`)).status).toBe(504);
    await eventually(said, (text) => text.includes("REQUEST_TIMEOUT"));
    expect((await server.heard(said)).match(/REQUEST_TIMEOUT/g)).toHaveLength(1);
  });

  test("is over when the Response is there", async () => {
    const peer = await server.begin(`/late-stream/${newId()}`);
    expect((await peer.reply()).text).toBe("1\n2\n3\n4\n5\n");
  });
});

describeTargets("writeTimeout", { args: ["--write-timeout", "400"] }, (server) => {
  test("ends a reply whose peer takes nothing of it, which is reported", async () => {
    const [id, said] = [newId(), server.listenIn()];
    const peer = await server.begin(`/supply/64/${id}`);
    peer.pause();
    if (server.completes) await server.saw(id, ({ completed }) => completed === "WRITE_TIMEOUT");
    const { cancelReason } = await server.saw(id, ({ cancels }) => cancels === 1);
    expect(cancelReason).toBe("TimeoutError WRITE_TIMEOUT");
    await eventually(said, (text) => text.includes("WRITE_TIMEOUT"));
    peer.leave();
  });

  test("lets a peer be slow that keeps taking", async () => {
    const peer = await server.begin("/piece/32");
    peer.keep = false;
    peer.slowly((bytes) => 1600 * bytes / (32 * MIB));
    expect(await peer.ended).toBe("end");
    expect(peer.count).toBeGreaterThan(32 * MIB);
  });

  test("lets a stream be quiet", async () => {
    const peer = await server.begin(`/quiet/${newId()}`);
    await peer.until("first");
    expect(await Promise.race([peer.ended, sleep(1000)])).toBeUndefined();
    peer.leave();
  });
});

describeTargets("maxConnections", { args: ["--max-connections", "5"] }, (server) => {
  const fill = () => Promise.all(Array.from({ length: 5 }, () => server.hold(3)));

  if (server.runtime !== "deno") {
    test("answers 503 to more, until there are less", async () => {
      const peers = await fill();
      const reply = await server.ask("/hello");
      expect([reply.status, reply.ending]).toEqual([503, "end"]);
      for (const peer of peers) peer.leave();
      await eventually(async () => (await server.ask("/hello")).status, (status) => status === 200);
    });
  } else {
    test("lets more wait, and serves them when there are less", async () => {
      const said = server.listenIn();
      const peers = await fill();
      const waiting = await Promise.all([server.begin("/hello"), server.begin("/hello")]);
      await eventually(said, (text) => text.includes("TOO_MANY_CONNECTIONS"));
      for (const peer of peers) {
        await peer.send("2");
        await peer.until("12");
      }
      expect(waiting.map(({ count }) => count)).toEqual([0, 0]);
      for (const peer of peers) peer.leave();
      for (const peer of waiting) expect((await peer.reply()).text).toBe("Hello\n");
      expect(said().match(/TOO_MANY_CONNECTIONS/g)).toHaveLength(1);
    });
  }
});

describeTargets("allow", { args: ["--allow", "192.0.2.0/24", "--allow", "::1"] }, (server) => {
  test("closes other peers of TCP unanswered, and says so once", async () => {
    const said = server.listenIn();
    if (server.socket === "Unix") {
      expect((await server.ask("/hello")).status).toBe(200);
      expect(await server.heard(said)).toBe("");
      return;
    }
    for (let turn = 0; turn < 3; turn++) expect(await bytesBeforeTheEnd(server)).toBe(0);
    await eventually(said, (text) => text.includes("PEER_REFUSED"));
    expect(said().match(/PEER_REFUSED/g)).toHaveLength(1);
  });
});

async function bytesBeforeTheEnd(server: TestServer): Promise<number> {
  let peer: Peer;
  try {
    peer = await server.open();
  } catch (error) {
    // On a busy machine the reset is here before anybody has looked at the connection.
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return 0;
    throw error;
  }
  await peer.send(head("/hello"));
  await peer.closed;
  return peer.count;
}

test.each(["bun", "deno"] as const)("allow lets those in that it names (%s)", async (runtime) => {
  const args = ["--allow", "127.0.0.0/8"];
  await using server = await TestServer.started({ command: "serve", runtime, socket: "TCP" }, {
    args,
  });
  expect((await ask(server.address, "/hello")).text).toBe("Hello\n");
});
