/** What is not SCGI, or asks for what cannot be. */

import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { eventually } from "../support/eventually.ts";
import { head, type Reply } from "./client.ts";
import { describeTargets, type TestServer } from "./targets.ts";

/** What begins a TLS connection. */
const TLS_HELLO = Buffer.from(
  "16030100c8010000c40303" + "5b".repeat(32) + "20" + "7c".repeat(32) +
    "003e130213031301c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039",
  "hex",
);

/** Bytes that a seed gives: always the same ones. */
function randomBytes(seed: number): Buffer {
  let state = seed * 2654435761 >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0) & 0xff;
  };
  for (let turn = 0; turn < 8; turn++) next();
  return Buffer.from(Array.from({ length: 32 + (next() << 4 | next() & 15) }, next));
}

async function send(server: TestServer, bytes: string | Uint8Array): Promise<Reply> {
  const peer = await server.open();
  await peer.send(bytes);
  return await peer.reply();
}

describeTargets("bad input", {}, (server) => {
  const inputs: [name: string, bytes: string | Uint8Array][] = [
    ["a TLS hello", TLS_HELLO],
    ["an HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["an HTTP upload", `POST / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n${"x".repeat(9000)}`],
    ["FastCGI", Buffer.from("0101000100080000" + "0001000000000000", "hex")],
    ["a line", "hello?\n"],
    ["zeros", Buffer.alloc(100)],
    ["an empty netstring", "0:,"],
    ["no SCGI variable", "18:CONTENT_LENGTH\0" + "0\0,"],
    ["a sign in the length", "+24:CONTENT_LENGTH\0" + "0\0SCGI\0" + "1\0,"],
    ["no comma", "24:CONTENT_LENGTH\0" + "0\0SCGI\0" + "1\0;"],
  ];
  test.each(inputs)("(%s) gets 400 as text, and the connection closes", async (_, bytes) => {
    const said = server.listenIn();
    const reply = await send(server, bytes);
    expect([reply.status, reply.ending]).toEqual([400, "end"]);
    expect(reply.header("content-type")).toBe("text/plain;charset=UTF-8");
    expect(reply.text.trim().length).toBeGreaterThan(10);
    await eventually(said, (text) => text.includes("HEAD_INVALID"));
    expect(said().trim().split("\n")).toHaveLength(1);
  });

  test("of 300 random kinds gets 400 or 431, and the next request is served", async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const reply = await send(server, randomBytes(seed));
      if (![400, 431].includes(reply.status) || reply.ending !== "end") {
        throw new Error(`Seed ${seed}: ${reply.status}, ${reply.ending}`);
      }
      if (seed % 50 === 0) expect((await server.ask("/hello")).text).toBe("Hello\n");
    }
  });

  test("that is half a head gets 400 once the peer has ended its side", async () => {
    const peer = await server.open();
    await peer.send(head("/hello").subarray(0, 30));
    peer.finish();
    const reply = await peer.reply();
    expect([reply.status, reply.ending]).toEqual([400, "end"]);
  });

  test("that is half a head of a peer that left harms nothing", async () => {
    for (let turn = 0; turn < 50; turn++) {
      const peer = await server.open();
      await peer.send(head("/hello").subarray(0, 30));
      peer.leave();
    }
    expect((await server.ask("/hello")).text).toBe("Hello\n");
  });

  const requests: [status: number, variables: Record<string, string>, says: RegExp][] = [
    [400, { HTTP_HOST: "a b" }, /host/i],
    [400, { HTTP_HOST: "x/y?z" }, /host/i],
    [400, { HTTP_CONTENT_LENGTH: "5", REQUEST_METHOD: "POST" }, /scgi_param CONTENT_LENGTH/],
    [501, { REQUEST_METHOD: "CONNECT" }, /CONNECT/],
    [501, { REQUEST_METHOD: "TRACE" }, /TRACE/],
    [501, { REQUEST_METHOD: "TRACK" }, /TRACK/],
    [501, { REQUEST_METHOD: "head" }, /head/],
    [501, { REQUEST_METHOD: "Get" }, /Get/],
  ];
  test.each(requests)("is a %i, as text that says what is wrong: %j", async (...row) => {
    const [status, variables, says] = row;
    const reply = await server.ask("/hello", { variables });
    expect([reply.status, reply.ending]).toEqual([status, "end"]);
    expect(reply.text).toMatch(says);
    expect((await server.ask("/hello")).text).toBe("Hello\n");
  });

  test("is none where a connection brings no byte: it leaves no trace", async () => {
    const said = await server.listenFromNow();
    for (let turn = 0; turn < 50; turn++) {
      const peer = await server.open();
      if (turn % 2 === 0) peer.leave();
      else {
        peer.finish();
        expect([await peer.ended, peer.count]).toEqual(["end", 0]);
      }
    }
    expect(await server.heard(said)).toBe("");
  });

  test("is none where a head comes byte by byte", async () => {
    const peer = await server.open();
    for (const byte of head("/hello")) await peer.send(Uint8Array.of(byte));
    expect((await peer.reply()).text).toBe("Hello\n");
  });

  test("is none where the last comma comes later", async () => {
    const bytes = head("/count/x", { length: 4 });
    const peer = await server.open();
    await peer.send(bytes.subarray(0, -1));
    await server.ask("/hello");
    await peer.send(",body");
    expect((await peer.reply()).json()).toMatchObject({ bytes: 4 });
  });

  test("is none where a head has 60 KiB", async () => {
    const reply = await server.ask("/hello", { variables: { HTTP_COOKIE: "x".repeat(61_440) } });
    expect(reply.text).toBe("Hello\n");
  });
});
