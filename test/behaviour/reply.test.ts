/** Replies as they are on the wire. */

import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { eventually } from "../support/eventually.ts";
import { describeTargets, newId } from "./targets.ts";

const MIB = 1048576;
const TEXT = "text/plain;charset=UTF-8";

describeTargets("a reply", {}, (server) => {
  const resets = server.runtime !== "deno" && server.socket === "TCP";

  describe("of a body that is there", () => {
    // As Bun.serve has it, which adds a type to what is not empty.
    const onBun = server.runtime === "bun";
    const bytes = onBun ? "application/octet-stream" : undefined;
    const bodies: (readonly [kind: string, body: string, type: string | undefined])[] = [
      ["text", "grün\n", TEXT],
      ["empty", "", onBun ? undefined : TEXT],
      ["null", "", undefined],
      ["bytes", "bytes", bytes],
      ["empty-bytes", "", undefined],
      ["buffer", "buffer", bytes],
      ["view", "view", bytes],
      ["blob", "blob", "text/x-blob"],
      ["params", "a=1&b=%C3%BC", "application/x-www-form-urlencoded;charset=UTF-8"],
      // From Node 24 on, what it gives is there only later.
      ...server.runtime === "node" ? [] : [["blob-stream", "stream", bytes] as const],
    ];
    test.each(bodies)("has its length and its type, and is one write (%s)", async (...row) => {
      const [kind, body, type] = row;
      const peer = await server.begin(`/body/${kind}`);
      const reply = await peer.reply();
      expect([reply.status, reply.reason, reply.text]).toEqual([200, "OK", body]);
      expect(reply.header("content-length")).toBe(String(Buffer.byteLength(body)));
      expect(reply.header("content-type")?.toLowerCase()).toBe(type?.toLowerCase());
      expect(reply.headers).toHaveLength(type === undefined ? 1 : 2);
      expect(peer.chunks).toHaveLength(1);
    });

    test("has the boundary of its form", async () => {
      const reply = await server.ask("/body/form");
      const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(reply.header("content-type")!)
        ?.[1];
      expect(reply.text).toStartWith(`--${boundary}\r\n`);
      expect(reply.header("content-length")).toBe(String(reply.body.length));
    });

    test.each(["mebibyte", "mebibyte-text"])(
      "arrives whole where it is large (%s)",
      async (kind) => {
        const reply = await server.ask(`/body/${kind}`);
        expect(reply.header("content-length")).toBe(String(MIB));
        expect(reply.body.equals(Buffer.alloc(MIB, "x"))).toBe(true);
      },
    );

    test("of 64 MiB in one piece arrives whole at a slow reader", async () => {
      const peer = await server.begin("/piece/64");
      peer.keep = false;
      for (let turn = 0; turn < 10; turn++) {
        peer.pause();
        await sleep(10);
        peer.resume();
        await sleep(5);
      }
      expect(await peer.ended).toBe("end");
      expect(peer.count).toBeGreaterThan(64 * MIB);
    });

    test("of Response.json is JSON", async () => {
      const reply = await server.ask("/json");
      expect([reply.text, reply.header("content-length")]).toEqual(['{"json":"ü"}', "13"]);
      expect(reply.header("content-type")).toStartWith("application/json");
    });

    test("of a file has what the file has", async () => {
      const reply = await server.ask("/file");
      expect(reply.text).toBe("from a file\n");
      if (server.runtime !== "deno") expect(reply.header("content-length")).toBe("12");
      if (server.runtime === "bun") {
        expect(reply.header("content-type")).toStartWith("text/plain");
      }
      expect((await server.ask("/node-stream")).text).toBe("from a file\n");
    });
  });

  describe("of a stream", () => {
    test("has its first chunk at once", async () => {
      const id = newId();
      const peer = await server.begin(`/chunks/${id}`);
      await peer.until("first\n");
      expect(peer.received).not.toContain("second");
      expect(peer.chunks).toHaveLength(1);
      await server.ask(`/go-on/${id}`);
      expect((await peer.reply()).text).toBe("first\nsecond\n");
    });

    test("that is quiet has its head at once", async () => {
      const id = newId();
      const peer = await server.begin(`/no-chunk/${id}`);
      await peer.until("\r\n\r\n");
      await server.ask(`/go-on/${id}`);
      expect((await peer.reply()).text).toBe("at last\n");
    });

    test("may hold strings, buffers and views", async () => {
      const reply = await server.ask("/mixed");
      expect(reply.text).toBe("grün bytes view end");
    });

    test("may hold nothing else", async () => {
      expect((await server.ask("/mixed-wrong")).status).toBe(500);
    });

    test("of 64 MiB arrives intact", async () => {
      const { body } = await server.ask("/hashed/64");
      expect(body.length).toBe(64 * MIB + 32);
      const hash = createHash("sha256").update(body.subarray(0, 64 * MIB)).digest();
      expect(hash.equals(body.subarray(64 * MIB))).toBe(true);
    });

    test("of many small chunks arrives in order at a slow reader", async () => {
      // Node takes a chunk off a queue of 200,000 in a time that grows with its length.
      const peer = await server.begin("/lines/20000");
      peer.pause();
      await sleep(200);
      peer.resume();
      const { text } = await peer.reply();
      const lines = text.split("\n");
      expect(lines).toHaveLength(20_001);
      expect(lines.findIndex((line, number) => line !== String(number).padEnd(99))).toBe(20_000);
    });

    // Node warns of a leak where each write that is over adds a listener for the end.
    test("that leaves in many writes of one turn prints nothing", async () => {
      const said = await server.listenFromNow();
      expect((await server.ask("/computed/20")).text).toBe("computed\n".repeat(20));
      expect(await server.heard(said)).toBe("");
    });

    test("may come from a transform", async () => {
      const reply = await server.ask("/transformed");
      expect(gunzipSync(reply.body).toString()).toBe("squeezed ".repeat(1000));
    });

    test("of the declared length is whole", async () => {
      const reply = await server.ask("/declared/10");
      expect([reply.text, reply.header("content-length")]).toEqual(["0123456789", "10"]);
    });

    test.each(["0", "20"])("is cut at its declared length, and reported (%s ms)", async (ms) => {
      const [id, said] = [newId(), server.listenIn()];
      const reply = await server.ask(`/declared/7/${id}/${ms}`);
      expect([reply.text, reply.header("content-length")]).toEqual(["0123456", "7"]);
      expect(reply.ending).toBe("end");
      await server.saw(id, ({ cancels }) => cancels === 1);
      await eventually(said, (text) => text.includes("RESPONSE_LENGTH"));
    });

    test("that ends below its declared length before its head has left is a 500", async () => {
      const said = server.listenIn();
      for (const length of ["11", "70"]) {
        const reply = await server.ask(`/declared/${length}`);
        expect([reply.status, reply.text, reply.ending]).toEqual([
          500,
          "Internal Server Error\n",
          "end",
        ]);
        await eventually(said, (text) => text.includes(`of the ${length} bytes`));
      }
    });

    test.each(["lighttpd/1.4.82", "Cherokee/1.2.104"])(
      "is checked where its length is left out as well (%s)",
      async (software) => {
        const variables = { SERVER_SOFTWARE: software };
        const [id, said] = [newId(), server.listenIn()];
        expect((await server.ask("/declared/71", { variables })).status).toBe(500);
        await eventually(said, (text) => text.includes("of the 71 bytes"));
        const short = await server.ask("/declared/72//20", { variables });
        expect([short.status, short.text]).toEqual([200, "0123456789"]);
        expect(short.header("content-length")).toBe(resets ? "72" : undefined);
        await eventually(said, (text) => text.includes("of the 72 bytes"));
        const long = await server.ask(`/declared/7/${id}/20`, { variables });
        expect([long.text, long.ending]).toEqual(["0123456", "end"]);
        await eventually(said, (text) => text.includes("what comes after 7 bytes was cut"));
      },
    );

    test("that ends below its declared length is a failed body", async () => {
      const said = server.listenIn();
      const reply = await server.ask("/declared/70//20");
      expect([reply.status, reply.text, reply.header("content-length")]).toEqual([
        200,
        "0123456789",
        "70",
      ]);
      expect(reply.ending).toBe(resets ? "ECONNRESET" : "end");
      await eventually(said, (text) => text.includes("RESPONSE_LENGTH"));
    });

    test.each(["-1", "1e3", "ten", "0x10"])(
      "has no length that is no decimal (%s)",
      async (length) => {
        const reply = await server.ask(`/declared/${length}//20`);
        expect([reply.text, reply.header("content-length")]).toEqual(["0123456789", undefined]);
      },
    );

    test("is not buffered by nginx where its length is unknown", async () => {
      const id = newId();
      const peer = await server.begin(`/chunks/${id}`);
      await peer.until("first\n");
      await server.ask(`/go-on/${id}`);
      expect((await peer.reply()).all("x-accel-buffering")).toEqual(["no"]);
      for (const target of ["/declared/10//20", "/body/blob", "/body/mebibyte", "/mixed"]) {
        expect((await server.ask(target)).all("x-accel-buffering")).toEqual([]);
      }
    });
  });

  describe("that its client leaves with the last byte", () => {
    const kinds: [method: string, kind: string, length: number][] = [
      ["GET", "text", 10],
      ["GET", "bytes", 10],
      ["GET", "mebibyte", MIB],
      ["GET", "mebibyte-text", MIB],
      ["GET", "mebibyte-blob", MIB],
      ["GET", "mebibyte-stream", MIB],
      ["GET", "file", MIB],
      ["GET", "ends-late", 10],
      ["GET", "fails-late", 10],
      ["GET", "null", 0],
      ["GET", "not-modified", 0],
      ["HEAD", "text", 0],
      ["HEAD", "mebibyte-blob", 0],
    ];
    test.each(kinds)("was delivered (%s of %s, %i bytes)", async (method, kind, length) => {
      const times = Array.from({ length: 10 }, () => newId());
      await Promise.all(times.map(async (id) => {
        const peer = await server.begin(`/delivered/${kind}/${id}`, { method });
        const received = await peer.leavesAfter(length);
        expect(received.length - received.indexOf("\r\n\r\n") - 4).toBe(length);
        if (server.completes) {
          const { completed } = await server.saw(id, (saw) => saw.completed !== undefined);
          expect(completed).toBe("resolved");
        }
        if (kind.endsWith("-late")) {
          await server.ask(`/go-on/${id}`);
          await server.saw(id, ({ ended }) => ended === true);
        }
        const { aborts, cancels = 0 } = await server.seen(id);
        expect([aborts, cancels]).toEqual([0, 0]);
      }));
    });

    test.each([["GET", "mebibyte-of-more", MIB], ["HEAD", "mebibyte-stream", 0]] as const)(
      "was delivered, and the rest of its stream is cancelled (%s of %s, %i bytes)",
      async (method, kind, length) => {
        const id = newId();
        const peer = await server.begin(`/delivered/${kind}/${id}`, { method });
        await peer.leavesAfter(length);
        if (server.completes) await server.saw(id, ({ completed }) => completed === "resolved");
        const saw = await server.saw(id, ({ cancels }) => cancels === 1);
        expect(saw.aborts).toBe(0);
        const why = length > 0 ? "AbortError RESPONSE_LENGTH" : "undefined";
        expect(saw.cancelReason).toBe(why);
      },
    );

    test("was delivered, whatever is left of an upload", async () => {
      const id = newId();
      const peer = await server.begin(`/delivered/ends-late/${id}`, { length: 2_000_000 });
      await peer.upload(500_000);
      await peer.leavesAfter(10);
      if (server.completes) await server.saw(id, ({ completed }) => completed === "resolved");
      expect((await server.seen(id)).aborts).toBe(0);
      await server.ask(`/go-on/${id}`);
    });

    test("and that fails afterwards is reported, and harms nothing", async () => {
      const [id, said] = [newId(), server.listenIn()];
      const peer = await server.begin(`/delivered/fails-late/${id}`);
      await peer.until("0123456789");
      const reply = await peer.reply();
      expect([reply.text, reply.ending]).toEqual(["0123456789", "end"]);
      await server.ask(`/go-on/${id}`);
      await eventually(said, (text) => text.includes("RESPONSE_LENGTH"));
    });
  });

  test.each(["large", "large-stream"])(
    "that its client leaves before it was sent whole aborts the signal (%s)",
    async (kind) => {
      const [id, said] = [newId(), await server.listenFromNow()];
      const peer = await server.begin(`/delivered/${kind}/${id}`);
      await peer.until("\r\n\r\n");
      peer.pause();
      expect((await server.seen(id)).aborts).toBe(0);
      peer.leave();
      const { reason } = await server.saw(id, ({ aborts }) => aborts === 1);
      expect(reason).toBe("AbortError CLIENT_GONE");
      if (server.completes) await server.saw(id, ({ completed }) => completed === "CLIENT_GONE");
      expect(await server.heard(said)).toBe("");
    },
  );

  describe("of events", () => {
    test("is not buffered by nginx", async () => {
      const peer = await server.begin(`/events/${newId()}`);
      await peer.until("data: 2");
      expect(peer.received).toContain("x-accel-buffering: no\r\n");
      peer.leave();
    });

    test("is buffered where the handler says so", async () => {
      const peer = await server.begin(`/events/${newId()}?buffering=yes`);
      await peer.until("data: 2");
      expect(peer.received.match(/x-accel-buffering: .*/gi)).toEqual(["x-accel-buffering: yes"]);
      peer.leave();
    });
  });

  describe("without a body", () => {
    test.each([204, 205, 304])("for status %i", async (status) => {
      const kind = server.runtime === "bun" ? "text" : "null";
      const reply = await server.ask(`/body/${kind}?status=${status}`);
      expect([reply.status, reply.text, reply.ending]).toEqual([status, "", "end"]);
      if (status !== 304) expect(reply.header("content-length")).toBeUndefined();
    });

    test.each([["text", "6"], ["bytes", "5"], ["blob", "4"], ["null", undefined]])(
      "for HEAD keeps the length that is known (%s)",
      async (kind, length) => {
        const reply = await server.ask(`/body/${kind}`, { method: "HEAD" });
        expect([reply.status, reply.text, reply.header("content-length")]).toEqual([
          200,
          "",
          length,
        ]);
      },
    );

    test("for HEAD cancels the stream", async () => {
      const id = newId();
      const reply = await server.ask(`/supply/64/${id}`, { method: "HEAD" });
      expect([reply.status, reply.text]).toEqual([200, ""]);
      await server.saw(id, ({ cancels }) => cancels === 1);
    });
  });

  describe("has a head", () => {
    test.each([200, 201, 299, 400, 404, 418, 451, 500, 503, 599])(
      "of status %i",
      async (status) => {
        const reply = await server.ask(`/body/text?status=${status}`);
        expect(reply.status).toBe(status);
        expect(reply.reason.length).toBeGreaterThan(1);
      },
    );

    test("with the statusText of the Response", async () => {
      expect((await server.ask("/status-text")).reason).toBe("Fine By Me");
    });

    test("that a statusText cannot split", async () => {
      const reply = await server.ask("/status-text-evil");
      // Deno and Node refuse to make such a Response.
      expect(reply.status).toBe(server.runtime === "bun" ? 200 : 500);
      expect(reply.header("x-evil")).toBeUndefined();
    });

    test.each([[200, "http://app.test/x"], [201, "/x"], [302, "/x"]])(
      "of status %i whose local Location is %s",
      async (status, location) => {
        const reply = await server.ask(`/body/text?status=${status}&location=/x`);
        expect(reply.header("location")).toBe(location);
      },
    );

    test("with each cookie on its own line", async () => {
      const reply = await server.ask("/cookies");
      expect(reply.all("set-cookie")).toEqual(["a=1; Path=/", "b=2, or not"]);
    });

    test("with values of latin1 bytes", async () => {
      const peer = await server.begin("/body/text?x-name=gr%C3%BCn");
      expect((await peer.reply()).header("x-name")).toBe("grün");
    });

    test("with the Location of a redirect", async () => {
      const reply = await server.ask("/redirect");
      expect([reply.status, reply.header("location")]).toEqual([303, "http://app.test/there"]);
    });

    test("without what is the web server's business", async () => {
      const query = "status=200&connection=x-own&x-own=1&keep-alive=5&transfer-encoding=chunked" +
        "&upgrade=h2c&te=trailers&trailer=x&proxy-authenticate=Basic&content-length=3";
      const reply = await server.ask(`/body/text?${query}`);
      expect(reply.headers.map(([name]) => name).sort()).toEqual([
        "content-length",
        "content-type",
      ]);
      expect([reply.text, reply.header("content-length")]).toEqual(["grün\n", "6"]);
    });

    test("of over 4096 bytes, which is warned of once", async () => {
      const said = server.listenIn();
      for (let turn = 0; turn < 3; turn++) {
        expect((await server.ask("/large-head")).header("x-large")).toHaveLength(5000);
      }
      await eventually(said, (text) => text.includes("RESPONSE_HEAD_LARGE"));
      expect((await server.heard(said)).match(/RESPONSE_HEAD_LARGE/g)).toHaveLength(1);
    });

    test("of a status that Cherokee replaces, which is warned of once a status", async () => {
      const said = server.listenIn();
      const cherokee = { SERVER_SOFTWARE: "Cherokee/1.2.104 (UNIX)" };
      for (const status of [451, 308, 451, 404, 308, 429, 226, 451]) {
        const reply = await server.ask(`/body/text?status=${status}`, { variables: cherokee });
        expect(reply.status).toBe(status);
      }
      await server.ask("/body/text?status=418", { variables: { SERVER_SOFTWARE: "nginx/1.22" } });
      await eventually(said, (text) => text.includes("Cherokee turns 429 into 500"));
      const warnings = (await server.heard(said)).match(/turns \d+ into 500|STATUS_UNSUPPORTED/g);
      const once = (status: number) => [`turns ${status} into 500`, "STATUS_UNSUPPORTED"];
      expect([...warnings ?? []]).toEqual([...once(451), ...once(308), ...once(429)]);
    });
  });

  describe("of a Hono app", () => {
    test("has the type of its text, wrapped by a middleware", async () => {
      const reply = await server.ask("/framework/text");
      expect(reply.text).toBe("text");
      // Bun forgets that it was a text, and Bun.serve as well.
      const type = server.runtime === "bun" ? "application/octet-stream" : TEXT;
      expect(reply.header("content-type")?.toLowerCase()).toBe(type.toLowerCase());
      expect([reply.header("x-wrapped"), reply.all("set-cookie")]).toEqual(["yes", ["late=1"]]);
    });

    test.each([
      ["blob", "text/x-blob"],
      ["params", "application/x-www-form-urlencoded;charset=UTF-8"],
    ])("keeps the type that its body implies, wrapped by a middleware (%s)", async (kind, type) => {
      const reply = await server.ask(`/framework/${kind}`);
      expect([reply.header("content-type"), reply.header("x-wrapped")]).toEqual([type, "yes"]);
    });

    test("has its JSON", async () => {
      const reply = await server.ask("/framework/json");
      expect([reply.text, reply.header("content-type")]).toEqual([
        '{"json":true}',
        "application/json",
      ]);
    });

    test("has all of its cookies, each on a line", async () => {
      const reply = await server.ask("/framework/cookies");
      expect(reply.all("set-cookie").sort()).toEqual(["late=1", "one=1; Path=/", "two=2; Path=/"]);
    });

    test("has its streams", async () => {
      expect((await server.ask("/framework/stream")).text).toBe("one\ntwo\nthree\n");
      const events = await server.ask("/framework/events");
      expect(events.text).toBe("data: one\n\ndata: two\n\n");
      expect(events.header("x-accel-buffering")).toBe("no");
    });
  });

  test("of fetch() arrives decoded, with no length that was the encoded one's", async () => {
    const packed = gzipSync("packed ".repeat(1000));
    const upstream = createServer((_, response) => {
      const length = packed.length;
      response.writeHead(200, {
        "content-encoding": "gzip",
        "content-length": length,
        "x-up": "1",
      });
      response.end(packed);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    try {
      const reply = await server.ask(`/upstream/${(upstream.address() as AddressInfo).port}`);
      expect([reply.text, reply.header("x-up")]).toEqual(["packed ".repeat(1000), "1"]);
      expect(reply.header("content-encoding")).toBeUndefined();
      expect([undefined, "7000"]).toContain(reply.header("content-length"));
    } finally {
      upstream.closeAllConnections();
      upstream.close();
    }
  });

  if (server.completes) {
    test("that was delivered resolves ctx.completed", async () => {
      const id = newId();
      await server.ask(`/supply/2/${id}`);
      await server.saw(id, ({ completed }) => completed === "resolved");
    });

    test("that was not delivered rejects ctx.completed, and nothing is unhandled", async () => {
      const [id, said] = [newId(), server.listenIn()];
      const peer = await server.begin(`/supply/64/${id}`);
      await peer.until("\r\n\r\n");
      peer.leave();
      await server.saw(id, ({ completed }) => completed === "CLIENT_GONE");
      await server.saw(id, ({ cancels }) => cancels === 1);
      expect(said()).toBe("");
    });
  }
});
