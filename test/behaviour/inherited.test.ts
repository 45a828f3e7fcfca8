/** A listening socket that another process opened; on Deno it is served in a way of its own. */

import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describeTargets, newId, TestServer } from "./targets.ts";

const MIB = 1048576;

describeTargets("an inherited socket", { inherits: true }, (server) => {
  test("is named", () => {
    const address = server.address.startsWith("unix:") ? "fd:3" : `(fd:3|${server.address})`;
    expect(server.announcement).toMatch(new RegExp(`^Listening on ${address} \\(SCGI\\)\\n$`));
  });

  test("serves", async () => {
    for (let turn = 0; turn < 20; turn++) {
      const reply = await server.ask("/hello");
      expect([reply.text, reply.ending]).toEqual(["Hello\n", "end"]);
    }
  });

  test("takes a large body and gives a large reply", async () => {
    const body = Buffer.alloc(8 * MIB, "0123456789abcdef!");
    const reply = await server.ask("/echo", { body });
    expect(createHash("sha256").update(reply.body).digest("hex")).toBe(
      createHash("sha256").update(body).digest("hex"),
    );
  });

  test("gives a large reply in one piece to a slow reader", async () => {
    const peer = await server.begin("/piece/16");
    peer.keep = false;
    peer.slowly((bytes) => 500 * bytes / (16 * MIB));
    expect(await peer.ended).toBe("end");
    expect(peer.count).toBeGreaterThan(16 * MIB);
  });

  test("holds a sender back whose handler does not read", async () => {
    const before = server.memory();
    const id = newId();
    const peer = await server.begin(`/unread/${id}`, { length: 64 * MIB });
    let sent = 0;
    const sending = peer.upload(64 * MIB).then((count) => sent = count);
    await sleep(400);
    expect([sent, server.memory() - before < 32]).toEqual([0, true]);
    await server.ask(`/go-on/${id}`);
    await sending;
    expect((await peer.reply()).text).toBe("late\n");
  });

  test("tells of a client that leaves", async () => {
    const id = newId();
    const peer = await server.begin(`/wait/${id}`);
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    await server.saw(id, ({ aborts, cancels }) => aborts === 1 && cancels === 1);
  });

  test("has a stream that is left cancelled", async () => {
    const [id, said] = [newId(), server.listenIn()];
    const peer = await server.begin(`/ticks/${id}`);
    await peer.until("tick");
    peer.leave();
    await server.saw(id, ({ aborts, cancels }) => aborts === 1 && cancels === 1);
    expect(said()).toBe("");
  });

  test("answers a client that has ended its side", async () => {
    const peer = await server.begin(`/late-stream/${newId()}`);
    peer.finish();
    expect((await peer.reply()).text).toBe("1\n2\n3\n4\n5\n");
  });

  test("rejects the read of a body that is cut", async () => {
    const id = newId();
    const peer = await server.begin(`/cut/${id}/text`, { length: 10 });
    await peer.send("1234");
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    await server.saw(id, ({ outcome, same }) => outcome === "AbortError BODY_CUT" && same === true);
  });

  test("lets an early reply reach an upload that goes on", async () => {
    const peer = await server.begin("/ignore", { length: 20_000_000 });
    expect(await peer.upload(20_000_000)).toBe(20_000_000);
    const reply = await peer.reply();
    expect([reply.status, reply.ending, peer.errors]).toEqual([413, "end", []]);
  });

  test("resets a failed body over TCP", async () => {
    const reply = await server.ask("/fail");
    expect(reply.text).toBe("half of it");
    expect(reply.ending).toBe(server.socket === "TCP" ? "ECONNRESET" : "end");
  });

  test("refuses what is not SCGI, and serves the next", async () => {
    const peer = await server.open();
    await peer.send("GET / HTTP/1.1\r\n\r\n");
    expect((await peer.reply()).status).toBe(400);
    expect((await server.ask("/hello")).text).toBe("Hello\n");
  });

  test("is served to the end at a stop", async () => {
    await using stopping = await TestServer.started(server, { inherits: true });
    const id = newId();
    const late = await stopping.begin(`/late/${id}/300`);
    await stopping.saw(id, ({ started }) => started === true);
    stopping.process.kill("SIGTERM");
    expect((await late.reply()).text).toBe("late\n");
    expect(await stopping.process.exited).toBe(0);
  });
});
