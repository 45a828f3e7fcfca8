/** Bodies of requests: read while they come, held back, cut, and left unread. */

import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { head, type Peer, type Reply } from "./client.ts";
import { describeOnce, describeTargets, newId } from "./targets.ts";

const MIB = 1048576;

function sha256(...parts: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

describeTargets("a body", {}, (server) => {
  test("is read while it comes", async () => {
    const id = newId();
    const peer = await server.begin(`/count/${id}`, { length: 10 });
    await server.saw(id, ({ started }) => started === true);
    await peer.send("12345");
    await server.saw(id, ({ bytes }) => bytes === 5);
    await peer.send("67890");
    expect((await peer.reply()).json()).toEqual({
      bytes: 10,
      sha256: sha256(Buffer.from("1234567890")),
    });
  });

  test.each([1, 1000, 65_536, 300_000, 8 * MIB])("of %i bytes arrives whole", async (size) => {
    const body = Buffer.alloc(size, "0123456789abcdef!");
    const reply = await server.ask(`/count/${newId()}`, { body });
    expect(reply.json()).toEqual({ bytes: size, sha256: sha256(body) });
  });

  test.each([1, 1000, 65_536, 300_000, 1_048_577, 8 * MIB])(
    "of %i bytes arrives whole at a handler that reads it at once",
    async (size) => {
      const body = Buffer.alloc(size, "0123456789abcdef!");
      for (const how of ["buffer", "text", "buffer/20", "text/20"]) {
        const reply = await server.ask(`/at-once/${how}`, { body });
        expect(reply.json()).toEqual({ bytes: size, sha256: sha256(body), used: true });
      }
    },
  );

  test("is read at once as its pieces come", async () => {
    const peer = await server.begin("/at-once/text", { length: 10 });
    for (const piece of ["123", "4", "567", "890"]) await peer.send(piece);
    expect((await peer.reply()).json()).toMatchObject({
      bytes: 10,
      sha256: sha256(Buffer.from("1234567890")),
    });
  });

  test("arrives whole at a handler that reads it slowly", async () => {
    const body = Buffer.alloc(2 * MIB, "0123456789abcdef!");
    const reply = await server.ask(`/count/${newId()}/5`, { body });
    expect(reply.json()).toEqual({ bytes: 2 * MIB, sha256: sha256(body) });
  });

  test("can be echoed while it comes", async () => {
    const peer = await server.begin("/echo", { length: 8 });
    await peer.send("ping");
    await peer.until("ping");
    await peer.send("pong");
    expect((await peer.reply()).text).toBe("pingpong");
  });

  test("can be echoed at any size", async () => {
    const body = Buffer.alloc(16 * MIB, "0123456789abcdef!");
    const reply = await server.ask("/echo", { body });
    expect([reply.status, sha256(reply.body)]).toEqual([200, sha256(body)]);
  });

  test("can be echoed beside others, and none gets a byte of another", async () => {
    const bodies = Array.from(
      { length: 8 },
      (_, index) => Buffer.alloc(MIB + index, `${index}abcdefg`),
    );
    const replies = await Promise.all(bodies.map((body) => server.ask("/echo", { body })));
    expect(replies.map(({ body }) => sha256(body))).toEqual(bodies.map((body) => sha256(body)));
  });

  test("is used when it was echoed", async () => {
    if (!server.completes) return;
    const id = newId();
    await server.ask(`/echo-seen/${id}`, { body: Buffer.alloc(MIB) });
    const { outcome, used, aborts } = await server.saw(id, ({ outcome }) => outcome !== undefined);
    expect({ outcome, used, aborts }).toEqual({ outcome: "resolved", used: true, aborts: 0 });
  });

  test("aborts its request where its client leaves in the middle of an echo", async () => {
    if (!server.completes) return;
    const id = newId();
    const peer = await server.begin(`/echo-seen/${id}`, { length: 4 * MIB });
    await peer.send(Buffer.alloc(200_000, "x"));
    await peer.until("xxx");
    peer.leave();
    const { outcome, used, aborts } = await server.saw(id, ({ outcome }) => outcome !== undefined);
    expect({ outcome, used, aborts }).toEqual({ outcome: "BODY_CUT", used: true, aborts: 1 });
  });

  test.each([
    "arrayBuffer",
    "bytes",
    "text",
    "json",
    "formData",
    "blob",
    "stream",
    "clone",
    "wrapped",
  ])(
    "that is cut rejects %s() with the signal's reason, which has aborted by then",
    async (how) => {
      const [id, said] = [newId(), await server.listenFromNow()];
      const variables = { CONTENT_TYPE: "application/x-www-form-urlencoded" };
      const peer = await server.begin(`/cut/${id}/${how}`, { length: 10, variables });
      await peer.send("[1,");
      await server.saw(id, ({ started }) => started === true);
      peer.leave();
      const { outcome, aborted, same, aborts } = await server.saw(id, ({ outcome }) => {
        return outcome !== undefined;
      });
      expect({ outcome, aborted, same, aborts }).toEqual({
        outcome: "AbortError BODY_CUT",
        aborted: true,
        same: true,
        aborts: 1,
      });
      expect(await server.heard(said)).toBe("");
    },
  );

  test("that is cut is no error in a Hono app that lets the read fail", async () => {
    const [id, said] = [newId(), await server.listenFromNow()];
    const peer = await server.begin(`/hono/read-noted/${id}`, { length: 10 });
    await peer.send("1234");
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    const { outcome } = await server.saw(id, ({ outcome }) => outcome !== undefined);
    expect(outcome).toBe("AbortError BODY_CUT");
    expect(await server.heard(said)).toBe("");
  });

  test("that is cut by half a close is a 400 where the handler lets it fail", async () => {
    const peer = await server.begin(`/cut/${newId()}/text`, { length: 10 });
    await peer.send("1234");
    peer.finish();
    expect((await peer.reply()).status).toBe(400);
  });

  test("that came whole stays readable after the client left", async () => {
    const id = newId();
    const peer = await server.begin(`/after-leaving/${id}`, { length: 100_000 });
    await peer.send(Buffer.alloc(100_000));
    await server.saw(id, ({ started }) => started === true);
    await server.ask("/hello");
    peer.leave();
    const { aborts, bytes } = await server.saw(id, ({ bytes }) => bytes !== undefined);
    expect({ aborts, bytes }).toEqual({ aborts: 1, bytes: 100_000 });
  });

  const unread = [
    "ignore",
    "ignore-later",
    "cancel",
    "part",
    "part-cancelled",
  ];
  for (const route of unread) {
    test.each([10_000, 4_000_000])(
      `that is not read to its end (${route}, %i bytes) is drained, and the reply arrives`,
      async (size) => {
        const [peer, said] = [await server.begin(`/${route}`, { length: size }), server.listenIn()];
        expect(await peer.upload(size)).toBe(size);
        const reply = await peer.reply();
        expect([reply.status, reply.text, reply.ending]).toEqual([413, "not wanted\n", "end"]);
        expect(peer.errors).toEqual([]);
        expect(said()).toBe("");
      },
    );
  }

  test("of 100 MB that is not read: the reply comes at once, and the upload sees no reset", async () => {
    await (await server.begin("/ignore", { length: 5_000_000 })).upload(5_000_000);
    // Bun's next collection comes the later the more garbage it has found before.
    await server.ask("/collect");
    const before = server.memory();
    const peer = await server.begin("/ignore", { length: 100_000_000 });
    await peer.upload(1_000_000);
    await peer.until("not wanted\n");
    let most = before;
    const timer = setInterval(() => most = Math.max(most, server.memory()), 10);
    const sent = 1_000_000 + await peer.upload(99_000_000);
    clearInterval(timer);
    const reply = await peer.reply();
    expect([sent, reply.status, reply.ending]).toEqual([100_000_000, 413, "end"]);
    expect(peer.errors).toEqual([]);
    // Node 24 collects later than Node 20 (42 MiB seen); a server that holds the upload has 95 more.
    expect(most - before).toBeLessThan(64);
  });

  // The handler reads when it learns that its reply was delivered.
  if (server.completes) {
    test("that nobody has begun to read when the reply is sent is dropped", async () => {
      const id = newId();
      const peer = await server.begin(`/read-after/${id}`, { length: 2_000_000 });
      await peer.upload(1_000_000);
      await peer.until("thank you\n");
      await peer.upload(1_000_000);
      const reply = await peer.reply();
      expect([reply.ending, peer.errors]).toEqual(["end", []]);
      await server.saw(id, ({ outcome }) => outcome === "AbortError BODY_CUT");
    });
  }

  test("that is being read when the reply is sent is read to its end", async () => {
    const id = newId();
    const peer = await server.begin(`/read-on/${id}`, { length: 2_000_000 });
    await peer.until("thank you\n");
    await peer.upload(2_000_000);
    await server.saw(id, ({ bytes }) => bytes === 2_000_000);
  });

  test.each(["GET", "HEAD"])("of a %s is read and dropped", async (method) => {
    const id = newId();
    const reply = await server.ask(`/count/${id}`, { method, body: Buffer.alloc(1_000_000) });
    expect([reply.status, reply.ending]).toEqual([200, "end"]);
    expect((await server.seen(id)).hasBody).toBe(false);
  });

  describe("that is longer than declared", () => {
    /** Expects the answer, whose text names the causes. */
    const refused = async (peer: Peer) => {
      const reply = await peer.reply();
      expect([reply.status, reply.ending, peer.errors]).toEqual([400, "end", []]);
      expect(reply.text).toMatch(/longer than the 4 bytes .* Apache .*DEFLATE.*Cherokee .*chunked/);
    };

    test("reaches no handler where that is seen with its head", async () => {
      const id = newId();
      const peer = await server.open();
      const sent = head(`/count/${id}`, { length: 4 });
      await peer.send(Buffer.concat([sent, Buffer.from("bodysurplus")]));
      await refused(peer);
      expect((await server.seen(id)).started).toBeUndefined();
    });

    test("fails the read that would have been the last", async () => {
      const id = newId();
      const peer = await server.begin(`/cut/${id}/text`, { length: 4 });
      await server.saw(id, ({ started }) => started === true);
      await peer.send("bo");
      await sleep(20);
      await peer.send("dysurplus");
      await refused(peer);
      const { outcome, same } = await server.saw(id, ({ outcome }) => outcome !== undefined);
      expect([outcome, same]).toEqual(["AbortError BODY_SURPLUS", true]);
    });

    test.each([["no byte", ""], ["a part", "bo"], ["all", "body"]])(
      "is refused where %s of it came before, and the handler reads nothing",
      async (_, first) => {
        const id = newId();
        const peer = await server.begin(`/late/${id}/3000`, { length: 4 });
        await server.saw(id, ({ started }) => started === true);
        if (first !== "") await peer.send(first);
        await sleep(50);
        await peer.send("bodysurplus".slice(first.length));
        await refused(peer);
        const { aborts, reason } = await server.seen(id);
        expect([aborts, reason]).toEqual([1, "AbortError BODY_SURPLUS"]);
      },
    );

    test("is refused however much of it follows, and no other connection notices", async () => {
      const others = await Promise.all([server.hold(), server.hold()]);
      const peer = await server.begin(`/late/${newId()}/3000`, { length: 4 });
      await peer.upload(20 * MIB);
      await refused(peer);
      for (const other of others) {
        await other.send("2");
        const reply = await other.reply();
        expect([reply.status, reply.text, reply.ending]).toEqual([200, "12", "end"]);
      }
    });

    test("is cut and reported, once, where the reply has begun", async () => {
      const said = server.listenIn();
      for (let turn = 0; turn < 3; turn++) {
        const peer = await server.hold();
        await peer.send("2surplus");
        const reply = await peer.reply();
        expect([reply.status, reply.text, reply.ending]).toEqual([200, "12", "end"]);
        expect(peer.errors).toEqual([]);
      }
      await eventually(said, (text) => text.includes("BODY_SURPLUS"));
      expect((await server.heard(said)).match(/BODY_SURPLUS/g)).toHaveLength(1);
    });

    test.each(["GET", "HEAD"])("is none of a %s, whose body is dropped", async (method) => {
      for (const length of [0, 4]) {
        const peer = await server.open();
        // As of a WebSocket client that does not wait for the answer.
        const variables = { HTTP_UPGRADE: "websocket", HTTP_CONNECTION: "Upgrade" };
        const sent = head("/hello", { method, length, variables });
        await peer.send(Buffer.concat([sent, Buffer.from("body\x81\x85frame")]));
        const reply = await peer.reply();
        expect([reply.status, reply.text]).toEqual([200, method === "GET" ? "Hello\n" : ""]);
      }
    });
  });

  test("of no length, followed by more bytes, is none", async () => {
    const peer = await server.open();
    await peer.send(Buffer.concat([head("/hello"), Buffer.from("0\r\n\r\n")]));
    const reply = await peer.reply();
    expect([reply.status, reply.text]).toEqual([200, "Hello\n"]);
  });

  test("reaches both halves of a clone", async () => {
    const reply = await server.ask("/clone", { body: Buffer.alloc(500_000, "x") });
    expect(reply.text).toBe("500000");
  });

  test("can be a form with a file", async () => {
    const form = new FormData();
    form.set("file", new File([new Uint8Array(300_000)], "zeros.bin"));
    form.set("text", "grün");
    const encoded = new Response(form);
    const variables = { CONTENT_TYPE: encoded.headers.get("content-type")! };
    const body = new Uint8Array(await encoded.arrayBuffer());
    const reply = await server.ask("/form", { body, variables });
    expect(reply.json()).toEqual({ name: "zeros.bin", size: 300_000, text: "grün" });
  });

  test("can be limited by Hono, with its length declared", async () => {
    expect((await server.ask("/hono/limited", { body: "x".repeat(1000) })).text).toHaveLength(1000);
    const peer = await server.begin("/hono/limited", { length: 2_000_000 });
    await peer.upload(2_000_000);
    const reply = await peer.reply();
    expect([reply.status, reply.ending]).toEqual([413, "end"]);
  });

  test("can be limited by Hono, with its length undeclared", async () => {
    const variables = { HTTP_TRANSFER_ENCODING: "chunked" };
    const small = await server.ask("/hono/limited", { body: "small", variables });
    expect([small.status, small.text]).toEqual([200, "small"]);
    const peer = await server.begin("/hono/limited", { length: 2_000_000, variables });
    await peer.upload(2_000_000);
    expect((await peer.reply()).status).toBe(413);
  });

  test("can be replaced in a new Request", async () => {
    const reply = await server.ask("/hono/rewrap", { body: "abcdef".repeat(50_000) });
    expect(reply.text).toBe("ABCDEF".repeat(50_000));
  });

  test("that is stuck delays no other request", async () => {
    const stuck = await Promise.all(
      Array.from({ length: 20 }, () => server.begin(`/count/${newId()}`, { length: 100 })),
    );
    const replies: Reply[] = await Promise.all(
      Array.from({ length: 20 }, () => server.ask("/hello")),
    );
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(stuck.every(({ count }) => count === 0)).toBe(true);
    for (const peer of stuck) peer.leave();
  });

  test("and its request can be printed", async () => {
    expect((await server.ask("/print", { body: "x" })).text).toBe("printed\n");
  });
});

describeOnce("a body that stalls", { args: ["--body-timeout", "300"] }, (server) => {
  test("fails the read, and is a 408 that is reported", async () => {
    const [id, said] = [newId(), server.listenIn()];
    const peer = await server.begin(`/cut/${id}/text`, { length: 10 });
    await peer.send("1234");
    const reply = await peer.reply();
    expect([reply.status, reply.text]).toEqual([408, "The body arrived too slowly\n"]);
    const { outcome, aborted, same, aborts } = await server.seen(id);
    expect({ outcome, aborted, same, aborts }).toEqual({
      outcome: "TimeoutError BODY_TIMEOUT",
      aborted: true,
      same: true,
      aborts: 1,
    });
    await eventually(said, (text) => text.includes("BODY_TIMEOUT"));
    expect(said().match(/BODY_TIMEOUT/g)).toHaveLength(1);
  });

  test("is a 408 through Hono as well", async () => {
    const peer = await server.begin("/hono/read", { length: 10 });
    await peer.send("1234");
    expect((await peer.reply()).status).toBe(408);
  });

  test("is none while the handler does not read", async () => {
    const id = newId();
    const peer = await server.begin(`/late/${id}/800`, { length: 10 });
    expect((await peer.reply()).text).toBe("late\n");
    expect((await server.seen(id)).aborts).toBe(0);
  });

  test("is none while bytes keep coming", async () => {
    const peer = await server.begin(`/count/${newId()}`, { length: 8 });
    for (let turn = 0; turn < 8; turn++) {
      await peer.send("x");
      await sleep(100);
    }
    expect((await peer.reply()).json()).toMatchObject({ bytes: 8 });
  });

  test("in an echo breaks the reply off", async () => {
    const peer = await server.begin("/echo", { length: 1000 });
    await peer.send("begin");
    await peer.until("begin");
    const resets = server.runtime !== "deno" && server.socket === "TCP";
    expect(await peer.ended).toBe(resets ? "ECONNRESET" : "end");
  });
});

const drain = ["--drain-bytes", "1000000", "--drain-timeout", "400"];
describeOnce("draining", { args: drain }, (server) => {
  test("ends after drainBytes", async () => {
    const peer = await server.begin("/ignore", { length: 50_000_000 });
    // A reset takes away what has not been read.
    await peer.until("not wanted\n");
    const sent = await peer.upload(50_000_000);
    await peer.closed;
    expect(sent).toBeLessThan(50_000_000);
  });

  test("ends after drainTimeout", async () => {
    const peer = await server.begin("/ignore", { length: 50_000_000 });
    await peer.send("a little");
    await peer.until("not wanted\n");
    const start = performance.now();
    await eventually(async () => {
      await peer.send("x");
      await sleep(600);
      return peer.errors.length;
    }, (errors) => errors > 0);
    expect(performance.now() - start).toBeGreaterThan(300);
  });

  test("ends after drainTimeout where the handler holds the body and does not read on", async () => {
    const peer = await server.begin("/part-locked", { length: 50_000_000 });
    peer.upload(50_000_000);
    await peer.until("not wanted\n");
    await peer.closed;
  });

  test("leaves the server as it was", async () => {
    expect((await server.ask("/hello")).text).toBe("Hello\n");
  });
});
