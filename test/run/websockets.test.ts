/** WebSockets of `Bun.serve`, over its own server and over SCGI behind nginx. */

import { Buffer } from "node:buffer";
import { eventually } from "../support/eventually.ts";
import { closing, masked, readFrames, tellFrames } from "../support/frames.ts";
import { ask, describeBoth, type Side, UPGRADE } from "./both.ts";
import { logOf, SocketClient } from "./socket-client.ts";

const CLOSE = 8, PING = 9, PONG = 10;
const newId = (): string => `wrong${Math.random()}`;

/** The frames that a call gives, without the echo of its name. */
async function callFrames(side: Side, name: string): Promise<string[]> {
  const client = await new SocketClient(side).shake();
  await client.send(1, name);
  await client.send(1, "the end");
  const frames = await eventually(
    () => tellFrames(client.bytes),
    (all) => all.includes("1:echo 7"),
  );
  client.reset();
  return frames;
}

const CALLS = [
  ...["send text", "send empty", "send bytes", "send buffer", "send part", "send number"],
  ...["send object", "send null", "send nothing", "send long", "send compress", "sendText"],
  ...["sendText number", "sendText nothing", "sendBinary", "sendBinary string", "ping"],
  ...["ping long", "ping number", "pong", "cork", "cork throws", "cork nothing", "cork number"],
  ...["topics", "subscribe nothing", "subscribe empty", "subscribe number"],
  ...["unsubscribe nothing", "isSubscribed empty", "publish nothing", "publish half"],
  ...["publish empty", "publish number", "publishText", "publishText bytes"],
  ...["publish a blob, then text"],
  ...["publishBinary string", "server.publish empty", "server.publish half"],
  ...["server.publish number", "binaryType", "members", "values", "data", "close string"],
];

describeBoth(
  "WebSockets of Bun.serve",
  { script: "test/run/apps/websockets.ts", on: ["bun"] },
  (compare) => {
    const row = "WebSockets";

    for (const name of CALLS) {
      compare.same(row, `the call "${name}" does the same`, (side) => callFrames(side, name));
    }

    for (const query of ["", "late", "respond", "protocol=chat2"]) {
      const title = query === "" ? "" : ` (${query})`;
      compare.same(row, `the handshake is answered the same${title}`, async (side) => {
        const offer = [...UPGRADE, "Sec-WebSocket-Protocol: chat, chat2"];
        const client = await new SocketClient(side).shake(query, offer);
        const lines = client.head.split("\r\n").map((line) => line.toLowerCase())
          .filter((line) => !/^(?:date|server):/.test(line)).sort();
        await client.send(1, "hello");
        const frames = await client.frames(1);
        client.reset();
        return [lines, frames, await logOf(side, client.id, /^close/)];
      });
    }

    for (
      const [what, pattern, now] of [
        ["without a key", /-Key: .*/, undefined],
        ["with a wrong key", /-Key: .*/, "-Key: x"],
        ["without Upgrade", /^Upgrade: .*/, undefined],
        ["of another version", /: 13$/, ": 8"],
      ] as const
    ) {
      compare.same(row, `a handshake ${what} is refused the same`, async (side) => {
        const headers = UPGRADE.map((line) => line.replace(pattern, now ?? "X: y"))
          .map((line) => line === "Sec-WebSocketX: y" ? "X: y" : line);
        const { status } = await ask(side, `GET /socket/${newId()}`, headers);
        return status;
      });
    }

    for (const path of ["/wrong/options", "/wrong/headers", "/clone"]) {
      compare.same(row, `upgrade refuses the same (${path})`, async (side) => {
        return (await ask(side, `GET ${path}`, UPGRADE)).body;
      });
    }

    compare.same(row, "frames that came with the handshake follow open", async (side) => {
      const client = await new SocketClient(side).shake("greet", UPGRADE, masked(1, "early"));
      const frames = await client.frames(2);
      client.reset();
      return [frames, await logOf(side, client.id, /^close/)];
    });

    for (const name of ["close", "close with code", "close with 1006", "terminate"]) {
      compare.same(row, `the call "${name}" closes the same`, async (side) => {
        const client = await new SocketClient(side).shake();
        await client.send(1, name);
        await client.closed();
        return [tellFrames(client.bytes), await logOf(side, client.id, /^after/)];
      });
    }

    for (
      const [what, frame] of [
        ["1000 bye", masked(CLOSE, closing(1000, "bye"))],
        ["4999", masked(CLOSE, closing(4999))],
        ["no code", masked(CLOSE)],
      ] as const
    ) {
      compare.same(row, `a close of the client is answered the same (${what})`, async (side) => {
        const client = await new SocketClient(side).shake("", UPGRADE, frame);
        await client.closed();
        return [tellFrames(client.bytes), await logOf(side, client.id, /^close/)];
      });
    }

    for (
      const [what, frame, code] of [
        ["too long a message", masked(1, "x".repeat(100_001)), 1009],
        ["no UTF-8", masked(1, Buffer.from([0xff])), 1007],
        ["an unknown opcode", masked(3, ""), 1002],
      ] as const
    ) {
      compare.same(row, `${what} is closed with ${code}`, async (side) => {
        const client = await new SocketClient(side).shake("", UPGRADE, frame);
        await client.closed();
        const codes = readFrames(client.bytes).map(({ payload }) => payload.readUInt16BE(0));
        const log = await logOf(side, client.id, /^close/);
        return [codes, log.map((line) => line.replace(/[a-z]* (?=\[)/, ""))];
      });
    }

    compare.same(row, "pings are answered, and told with pongs", async (side) => {
      const client = await new SocketClient(side).shake();
      await client.send(PING, "ab");
      await client.send(PONG, "cd");
      await client.send(1, "x");
      const frames = await client.frames(2);
      client.reset();
      return [frames, await logOf(side, client.id, /^close/)];
    });

    compare.same(row, "binary messages are of the class asked for", async (side) => {
      const client = await new SocketClient(side).shake();
      await client.send(2, Buffer.from([0, 255]));
      for (const kind of ["take uint8array", "take arraybuffer"]) {
        await client.send(1, kind);
        await client.send(2, Buffer.from([1]));
      }
      const frames = await client.frames(5);
      client.reset();
      return [frames, await logOf(side, client.id, /^close/)];
    });

    compare.same(row, "a Blob is sent, and text after it", async (side) => {
      const frames = await callFrames(side, "send blob, then text");
      return frames.filter((frame) => frame === "1:after" || frame.includes("blob"));
    });

    compare.same(row, "handlers that throw are told to the error handler", async (side) => {
      const client = await new SocketClient(side).shake();
      await client.send(1, "throw");
      await client.send(1, "x");
      const frames = await client.frames(1);
      client.reset();
      const failing = await new SocketClient(side).shake("fail");
      await failing.end();
      return [
        frames,
        await logOf(side, client.id, /^close/),
        await logOf(side, failing.id, /^error/),
      ];
    });

    compare.same(row, "a room of three gets what is published", async (side) => {
      const clients = [];
      for (let i = 0; i < 3; i++) {
        const client = await new SocketClient(side).shake();
        await client.send(1, "subscribe room");
        await client.frames(1);
        clients.push(client);
      }
      await clients[0]!.send(1, "publish room");
      await clients[0]!.frames(2);
      await clients[1]!.frames(2);
      await clients[2]!.frames(2);
      await clients[1]!.send(1, "server.publish room");
      const all = [];
      for (const client of clients) all.push(await client.frames(3));
      for (const client of clients) client.reset();
      for (const { id } of clients) await logOf(side, id, /^close/);
      return all.map((frames) => frames.sort());
    });

    compare.same(
      row,
      "a client that takes nothing gets up to the limit, then a drain",
      async (side) => {
        const client = await new SocketClient(side).shake();
        client.pause();
        await client.send(1, "flood");
        await logOf(side, client.id, /^-1|^sent/);
        client.resume();
        const log = await logOf(side, client.id, /^drain/);
        client.reset();
        return log.slice(0, 5);
      },
    );

    compare.same(row, "closed sockets are no longer counted", async (side) => {
      await eventually(
        async () => (await ask(side, "GET /pending")).body,
        (body) => body === "0",
      );
    });

    // The last: afterwards nothing is as it was.
    compare.same(
      row,
      "reload reaches open sockets, stop leaves them, stop(true) ends them",
      async (side) => {
        const client = await new SocketClient(side).shake();
        const other = await new SocketClient(side).shake();
        await client.send(1, "reload");
        await client.frames(1);
        await other.send(1, "a");
        await other.frames(1);
        await client.send(1, "stop");
        await client.frames(2);
        await client.send(1, "b");
        await client.frames(3);
        await client.send(1, "stop now");
        await client.closed();
        await other.closed();
        return [tellFrames(client.bytes), tellFrames(other.bytes)];
      },
    );
  },
);
