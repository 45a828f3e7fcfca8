/** WebSockets over raw connections: the tunnel, its end, and its time-outs. */

import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import {
  ACCEPT,
  BINARY,
  CLOSE,
  closing,
  HANDSHAKE,
  masked,
  PING,
  PONG,
  readFrames,
  tellFrames,
  TEXT,
} from "../support/frames.ts";
import { head, type Peer } from "./client.ts";
import { describeServed, newId, serveTargetsOnce, TestServer } from "./targets.ts";

const module = "test/behaviour/websocket-app.ts";
const HEAD_END = "\r\n\r\n";

/** The bytes behind the head of a reply. */
function tunnelled(peer: Peer): Buffer {
  const whole = Buffer.concat(peer.chunks);
  const at = whole.indexOf(HEAD_END);
  return at < 0 ? Buffer.alloc(0) : whole.subarray(at + HEAD_END.length);
}

const frames = (peer: Peer) => tellFrames(tunnelled(peer));

/** Sends a handshake, and bytes in the same write. */
async function shake(server: TestServer, target: string, ...more: Buffer[]): Promise<Peer> {
  const peer = await server.open();
  await peer.send(Buffer.concat([head(target, { variables: HANDSHAKE }), ...more]));
  return peer;
}

/** The same, until the socket is open. */
async function opened(server: TestServer, target: string): Promise<Peer> {
  const peer = await shake(server, target);
  await peer.until(HEAD_END);
  return peer;
}

/** Waits until so many frames have come. */
async function until(peer: Peer, count: number): Promise<string[]> {
  return await eventually(() => frames(peer), (all) => all.length >= count);
}

/** What the app saw of a socket, once it is closed. */
async function closedLog(server: TestServer, id: string): Promise<string[]> {
  const log = async () => (await server.ask(`/log/${id}`)).json() as string[];
  return await eventually(log, (events) => events.some((event) => event.startsWith("close")));
}

describeServed("a WebSocket", { module, args: ["--log"] }, (server) => {
  test("opens, echoes texts and bytes, and closes as the client asked", async () => {
    const id = newId();
    const peer = await opened(server, `/echo?id=${id}`);
    expect(peer.received).toStartWith(
      "Status: 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
    );
    expect(peer.received).toContain(`sec-websocket-accept: ${ACCEPT}\r\n`);
    await peer.send(masked(TEXT, "héllo"));
    await peer.send(masked(BINARY, Buffer.from([0, 255])));
    await until(peer, 2);
    await peer.send(masked(CLOSE, closing(4321, "bye")));
    expect(await peer.ended).toBe("end");
    const [text, bytes, close] = readFrames(tunnelled(peer));
    expect([text!.opcode, text!.payload.toString()]).toEqual([TEXT, "héllo"]);
    expect([bytes!.opcode, [...bytes!.payload]]).toEqual([BINARY, [0, 255]]);
    expect([close!.opcode, close!.payload]).toEqual([CLOSE, closing(4321, "bye")]);
    peer.finish();
    expect(await closedLog(server, id)).toEqual(["0", "open 1", "close 3 4321 bye clean"]);
  });

  test.each(["", "&late"])("gets frames that came with the handshake (%s)", async (late) => {
    const frames = Array.from({ length: 30 }, (_, index) => masked(TEXT, `${index}`));
    const peer = await shake(server, `/echo?id=${newId()}${late}`, ...frames);
    expect(await until(peer, 30)).toEqual(frames.map((_, index) => `1:${index}`));
    peer.leave();
  });

  test("gets 300 kB of them whole, and in order, while the handler thinks", async () => {
    const peer = await shake(server, `/echo?id=${newId()}&late`);
    const sent = Array.from({ length: 300 }, (_, index) => `${index}`.padEnd(1000, "x"));
    await peer.send(Buffer.concat(sent.map((text) => masked(TEXT, text))));
    expect(await until(peer, 300)).toEqual(sent.map((text) => `1:${text}`));
    peer.leave();
  });

  test("echoes 8 MiB, in pieces as the kernel has them", async () => {
    const peer = await opened(server, `/echo?id=${newId()}`);
    const payload = Buffer.alloc(8 * 1_048_576, "0123456789");
    await peer.send(masked(BINARY, payload));
    await eventually(() => peer.count, (count) => count > payload.length);
    const [echoed] = await eventually(() => readFrames(tunnelled(peer)), (all) => all.length > 0);
    expect(echoed!.payload.equals(payload)).toBe(true);
    peer.leave();
  });

  test("is closed by the app with its code and reason, and waits for the client's", async () => {
    const id = newId();
    const peer = await opened(server, `/close?id=${id}&code=4000&reason=enough`);
    expect(await until(peer, 1)).toEqual(["8:4000 enough"]);
    expect((await server.ask(`/log/${id}`)).json()).toEqual(["0", "open 1"]);
    await peer.send(masked(CLOSE, closing(4000, "enough")));
    expect(await peer.ended).toBe("end");
    peer.finish();
    expect((await closedLog(server, id)).at(-1)).toBe("close 3 4000 enough clean");
  });

  test("is closed without a code where the app gives none", async () => {
    const peer = await opened(server, `/close?id=${newId()}`);
    expect(await until(peer, 1)).toEqual(["8:"]);
    peer.leave();
  });

  test("that the app closes before it is open never opens", async () => {
    const id = newId();
    const peer = await opened(server, `/early?id=${id}`);
    expect(await until(peer, 1)).toEqual(["8:4001 early"]);
    await peer.send(masked(CLOSE, closing(4001, "early")));
    expect(await closedLog(server, id)).toEqual(["0", "close 3 4001 early clean"]);
    peer.leave();
  });

  test.each(["end", "reset"] as const)("whose client leaves (%s) closes with 1006", async (how) => {
    const id = newId();
    const peer = await opened(server, `/echo?id=${id}`);
    if (how === "reset" && server.socket === "TCP") peer.reset();
    else peer.leave();
    const log = await closedLog(server, id);
    expect(log.slice(1)).toEqual(["open 1", "error 3", "close 3 1006  unclean"]);
  });

  test("whose client leaves before it is open closes with 1006", async () => {
    const id = newId();
    const peer = await shake(server, `/echo?id=${id}&late`);
    await eventually(
      async () => (await server.ask(`/log/${id}`)).json() as string[],
      (log) => log.length > 0,
    );
    peer.leave();
    expect((await closedLog(server, id)).at(-1)).toBe("close 3 1006  unclean");
  });

  test("whose client ends its side alone is ended", async () => {
    const id = newId();
    const peer = await opened(server, `/echo?id=${id}`);
    await peer.send(masked(TEXT, "last"));
    peer.finish();
    expect(await peer.ended).toBe("end");
    expect(frames(peer)).toEqual(["1:last"]);
    expect((await closedLog(server, id)).at(-1)).toBe("close 3 1006  unclean");
  });

  test("answers pings, and lets pongs pass", async () => {
    const peer = await opened(server, `/echo?id=${newId()}`);
    await peer.send(Buffer.concat([masked(PONG, "x"), masked(PING, "y"), masked(TEXT, "z")]));
    expect(await until(peer, 2)).toEqual(["10:y", "1:z"]);
    peer.leave();
  });

  test("that breaks the protocol gets a close frame and the end, not a reset", async () => {
    const id = newId();
    const peer = await opened(server, `/echo?id=${id}&max=1000`);
    await peer.send(masked(TEXT, "x".repeat(2_000_000)));
    expect(await peer.ended).toBe("end");
    expect(frames(peer)[0]).toStartWith("8:1009");
    expect(peer.errors).toEqual([]);
    peer.finish();
    const log = await closedLog(server, id);
    expect(log.slice(1, 3)).toEqual(["open 1", "error 3"]);
    expect(log.at(-1)).toMatch(/^close 3 1006 .* unclean$/);
  });

  test("whose Response is not sent fails, and the request has the other", async () => {
    const id = newId();
    const peer = await shake(server, `/echo?id=${id}&instead`, masked(TEXT, "early"));
    const reply = await peer.reply();
    expect([reply.status, reply.text, reply.ending]).toEqual([200, "instead\n", "end"]);
    expect(await closedLog(server, id)).toEqual(["0", "error 3", "close 3 1006  unclean"]);
  });

  test("pings a client that is silent, and closes it with 1001 where nothing comes", async () => {
    const id = newId();
    const peer = await opened(server, `/echo?id=${id}&idle=0.6`);
    expect(await peer.ended).toBe("end");
    expect(frames(peer)).toEqual(["9:", "8:1001 No response from ping frame."]);
    peer.finish();
    expect((await closedLog(server, id)).slice(1, 3)).toEqual(["open 1", "error 3"]);
  });

  test("lives on while the client answers pings", async () => {
    const peer = await opened(server, `/echo?id=${newId()}&idle=2`);
    for (let count = 1; count <= 3; count++) {
      await until(peer, count);
      await peer.send(masked(PONG));
    }
    expect(frames(peer)).toEqual(["9:", "9:", "9:"]);
    peer.leave();
  });

  test("shows in bufferedAmount what a client does not take", async () => {
    const id = newId();
    const buffered = async () => (await server.ask(`/buffered/${id}`)).json() as number;
    const peer = await opened(server, `/flood?id=${id}`);
    expect(await buffered()).toBe(0);
    peer.leave();
    const slow = await server.open();
    slow.keep = false;
    slow.pause();
    await slow.send(head(`/flood?id=${id}&mib=32`, { variables: HANDSHAKE }));
    await eventually(buffered, (bytes) => bytes > 8 * 1_048_576);
    slow.resume();
    expect(await eventually(buffered, (bytes) => bytes === 0)).toBe(0);
    await eventually(() => slow.count, (count) => count > 32 * 1_048_576);
    slow.leave();
  });

  test("sends a Blob before what was sent after it", async () => {
    const peer = await opened(server, `/blob?id=${newId()}`);
    expect(await until(peer, 3)).toEqual(["2:first", "1:second", "8:1000 third"]);
    peer.leave();
  });

  test.each(["broken", "rejecting"])("goes on after a listener fails (%s)", async (name) => {
    const said = server.listenIn();
    const peer = await opened(server, `/${name}?id=${newId()}`);
    await peer.send(masked(TEXT, "one"));
    await peer.send(masked(TEXT, "two"));
    expect(await until(peer, 2)).toEqual(["1:one", "1:two"]);
    await eventually(said, (text) => text.includes("by one") && text.includes("by two"));
    peer.leave();
  });

  test("has its line in the access log at its end", async () => {
    const id = newId();
    const lines = () => server.process.stdout().split("\n").filter((line) => line.includes(id));
    const peer = await opened(server, `/greet?id=${id}`);
    await until(peer, 1);
    expect(lines()).toEqual([]);
    await peer.send(masked(CLOSE));
    peer.finish();
    const [line] = await eventually(lines, (all) => all.length > 0);
    // A text frame of 7 letters, and an empty close frame.
    expect(line).toMatch(/" 101 11 "-" "-" \d+ms$/);
  });
});

describe.each(serveTargetsOnce)("a server with sockets ($runtime, $socket)", (target) => {
  test("ends none by the time-outs of requests", async () => {
    const args = ["--request-timeout", "200", "--head-timeout", "200", "--body-timeout", "200"];
    args.push("--write-timeout", "200", "--drain-timeout", "200");
    await using server = await TestServer.started(target, { module, args });
    const peer = await opened(server, `/echo?id=${newId()}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await peer.send(masked(TEXT, "still"));
    expect(await until(peer, 1)).toEqual(["1:still"]);
    peer.leave();
  });

  test("closes them with 1001 as it stops, and waits for the clients' close frames", async () => {
    const args = ["--shutdown-timeout", "60000"];
    await using server = await TestServer.started(target, { module, args });
    const peer = await opened(server, `/echo?id=${newId()}`);
    await server.stopping();
    const [frame] = await until(peer, 1);
    expect(frame).toStartWith("8:1001");
    let exited = false;
    server.process.exited.then(() => exited = true);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(exited).toBe(false);
    await peer.send(masked(CLOSE, closing(1001)));
    expect(await peer.ended).toBe("end");
    peer.finish();
    expect(await server.process.exited).toBe(0);
  });

  test("waits for them no longer than shutdownTimeout", async () => {
    const args = ["--shutdown-timeout", "300"];
    await using server = await TestServer.started(target, { module, args });
    const peer = await opened(server, `/echo?id=${newId()}`);
    await server.stopping();
    expect(await server.process.exited).toBe(0);
    expect((await peer.ended) === "end" || peer.errors.length > 0).toBe(true);
    expect(frames(peer)[0]).toStartWith("8:1001");
    peer.leave();
  });
});
