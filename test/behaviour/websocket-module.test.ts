/** `export default { fetch, websocket }` under `scgi serve`. */

import { Buffer } from "node:buffer";
import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { BINARY, CLOSE, closing, HANDSHAKE, masked, tellFrames, TEXT } from "../support/frames.ts";
import { head, type Peer } from "./client.ts";
import { describeServed, newId, TestServer } from "./targets.ts";

const HEAD_END = "\r\n\r\n";
const VARIABLES = { ...HANDSHAKE, REMOTE_ADDR: "192.0.2.7" };

async function opened(
  server: TestServer,
  target: string,
  more: Uint8Array = Buffer.alloc(0),
): Promise<Peer> {
  const peer = await server.open();
  await peer.send(Buffer.concat([head(target, { variables: VARIABLES }), more]));
  await peer.until(HEAD_END);
  return peer;
}

function frames(peer: Peer, count: number): Promise<string[]> {
  const read = () => {
    const whole = Buffer.concat(peer.chunks);
    return tellFrames(whole.subarray(whole.indexOf(HEAD_END) + HEAD_END.length));
  };
  return eventually(read, (all) => all.length >= count);
}

async function logOf(server: TestServer, id: string): Promise<string[]> {
  const log = async () => (await server.ask(`/log/${id}`)).json() as string[];
  return await eventually(log, (lines) => lines.some((line) => line.startsWith("close")));
}

const state = async (server: TestServer): Promise<unknown> =>
  (await server.ask("/state", { variables: VARIABLES })).json();

const module = "test/behaviour/websocket-module-app.ts";
describeServed("a module with fetch and websocket", { module }, (server) => {
  test("upgrades by env.server, and calls the handlers", async () => {
    const id = newId();
    const peer = await opened(server, `/?id=${id}`, masked(BINARY, Buffer.from([1, 2])));
    expect(peer.received).toMatch(/^Status: 101 .*\r\nx-own: 1\r\n/is);
    expect(await frames(peer, 2)).toEqual(["1:welcome", "2:\u0001\u0002"]);
    await peer.send(masked(CLOSE, closing(1000, "done")));
    expect(await peer.ended).toBe("end");
    peer.finish();
    expect(await logOf(server, id)).toEqual(["open 192.0.2.7", "2 of 2", "close 1000 done"]);
  });

  test("closes as ws.close() says, and leaves the topic", async () => {
    const id = newId();
    const peer = await opened(server, `/?id=${id}`, masked(TEXT, "close"));
    expect(await peer.ended).toBe("end");
    expect(await frames(peer, 2)).toEqual(["1:welcome", "8:4321 bye"]);
    peer.finish();
    expect(await logOf(server, id)).toEqual(["open 192.0.2.7", "close 4321 bye"]);
    expect(await state(server)).toEqual([0, 0, "192.0.2.7"]);
  });

  test("publishes to the sockets of a topic, from a socket and from the server", async () => {
    const [one, two] = [await opened(server, "/?id=one"), await opened(server, "/?id=two")];
    await one.send(masked(TEXT, "hello"));
    expect(await frames(one, 2)).toEqual(["1:welcome", "1:5"]);
    expect(await frames(two, 2)).toEqual(["1:welcome", "1:hello"]);
    expect((await server.ask("/publish")).json()).toBe(15);
    expect((await frames(one, 3))[2]).toBe("1:from the server");
    expect((await frames(two, 3))[2]).toBe("1:from the server");
    expect(await state(server)).toEqual([2, 2, "192.0.2.7"]);
    for (const peer of [one, two]) {
      await peer.send(masked(CLOSE, closing(1000)));
      expect(await peer.ended).toBe("end");
      peer.finish();
    }
  });

  test("goes on after a handler that throws, and reports it", async () => {
    const peer = await opened(server, "/?id=throws", masked(TEXT, "throw"));
    await peer.send(masked(TEXT, "again"));
    expect(await frames(peer, 2)).toEqual(["1:welcome", "1:0"]);
    await eventually(() => server.process.stderr(), (text) => text.includes("thrown by message"));
    await peer.send(masked(CLOSE, closing(1000)));
    expect(await peer.ended).toBe("end");
    peer.finish();
    await logOf(server, "throws");
  });

  test("answers by itself what is no handshake, and 426 for another version", async () => {
    expect((await server.ask("/?id=none")).text).toContain("no upgrade");
    const peer = await server.open();
    const variables = { ...VARIABLES, HTTP_SEC_WEBSOCKET_VERSION: "8" };
    await peer.send(head("/?id=old", { variables }));
    await peer.until("Status: 426");
    peer.finish();
  });

  test("answers 501 behind a web server that carries no WebSocket", async () => {
    const peer = await server.open();
    await peer.send(head("/?id=x", { variables: { ...VARIABLES, SERVER_SOFTWARE: "Apache/2.4" } }));
    await peer.until("Status: 501");
    await peer.until("Apache/2.4");
    peer.finish();
  });
});

// `hono/bun` loads on Bun alone.
test("the WebSocket helper of hono/bun works untouched", async () => {
  const target = { command: "serve", runtime: "bun", socket: "Unix" } as const;
  await using server = await TestServer.started(target, {
    module: "test/behaviour/websocket-hono-app.ts",
  });
  const peer = await opened(server, "/echo", masked(TEXT, "hé"));
  await peer.send(masked(BINARY, Buffer.from([1, 2])));
  expect(await frames(peer, 3)).toEqual(["1:welcome", "1:echo hé", "2:\u0001\u0002"]);
  await peer.send(masked(CLOSE, closing(4321, "bye")));
  expect(await peer.ended).toBe("end");
  peer.finish();
  const closed = async () => (await server.ask("/closed")).json();
  expect(await eventually(closed, (all) => (all as []).length > 0)).toEqual(["4321 bye"]);
});
