/** WebSockets of `Deno.upgradeWebSocket`, over Deno's own server and over SCGI behind nginx. */

import { Buffer } from "node:buffer";
import { BINARY, CLOSE, closing, masked, PING, TEXT } from "../support/frames.ts";
import { ask, describeBoth, type Side, UPGRADE } from "./both.ts";
import { logOf, SocketClient } from "./socket-client.ts";

const PROTOCOLS = "Sec-WebSocket-Protocol: chat, chat2";
const shake = (side: Side, query?: string, headers?: string[], first?: Buffer) =>
  new SocketClient(side).shake(query, headers, first);

describeBoth(
  "WebSockets of Deno.serve",
  { script: "test/run/apps/deno-websockets.ts", on: ["deno"] },
  (compare) => {
    const row = "WebSockets";

    for (
      const [query, headers] of [["", UPGRADE], ["protocol=chat2", [
        ...UPGRADE,
        PROTOCOLS,
      ]]] as const
    ) {
      compare.same(row, `the handshake is answered the same (${query})`, async (side) => {
        const client = await shake(side, query, [...headers]);
        await client.send(TEXT, "hé");
        await client.send(BINARY, Buffer.from([1, 255]));
        await client.send(PING, "p");
        const frames = await client.frames(3);
        await client.send(CLOSE, closing(4999, "bye"));
        await client.closed();
        return [client.fields, frames, await logOf(side, client.id, /^close/)];
      });
    }

    for (
      const [what, pattern, now] of [
        ["without a key", /^Sec-WebSocket-Key: .*/, "X: y"],
        ["without Upgrade", /^Upgrade: .*/, "X: y"],
      ] as const
    ) {
      compare.same(row, `a handshake ${what} is refused the same`, (side) => {
        return ask(side, "GET /socket/x", UPGRADE.map((line) => line.replace(pattern, now)));
      });
    }
    compare.same(row, "a subprotocol that the client does not offer is refused", (side) => {
      return ask(side, "GET /socket/x?protocol=other", [...UPGRADE, PROTOCOLS]);
    });

    compare.same(row, "frames that came with the handshake follow open", async (side) => {
      const client = await shake(side, "", UPGRADE, masked(TEXT, "early"));
      const frames = await client.frames(1);
      await client.end();
      return [frames, await logOf(side, client.id, /^close/)];
    });

    compare.same(row, "socket.close() sends its code and reason", async (side) => {
      const client = await shake(side);
      await client.send(TEXT, "close");
      const frames = await client.frames(1);
      await client.send(CLOSE, closing(4321, "bye"));
      await client.closed();
      return [frames, await logOf(side, client.id, /^close \d/)];
    });

    for (
      const [what, first] of [
        ["", []],
        [" after a message", [masked(TEXT, "last")]],
        [" inside a frame", [masked(TEXT, "half").subarray(0, 8)]],
      ] as const
    ) {
      compare.same(
        row,
        `a client that leaves${what} is told as an error and a close`,
        async (side) => {
          const client = await shake(side);
          for (const bytes of first) await client.sendBytes(bytes);
          await client.end();
          return await logOf(side, client.id, /^close \d/);
        },
      );
    }

    for (const code of ["", "4321"]) {
      compare.same(row, `a client that resets is told the same (${code})`, async (side) => {
        const client = await shake(side);
        if (code !== "") {
          await client.send(TEXT, "close");
          await client.frames(1);
        }
        client.reset();
        const log = await logOf(side, client.id, /^close \d/);
        // A reset behind nginx is an end.
        return log.map((line) => line.replace(/(?<=ErrorEvent).*/, ""));
      });
    }

    for (
      const [what, frame] of [
        ["a reserved bit", Buffer.from([0xc1, 0x80, 0, 0, 0, 0])],
        ["no UTF-8", masked(TEXT, Buffer.from([0xff]))],
        ["an unknown opcode", masked(3)],
        ["a continuation of nothing", masked(0)],
        ["half a close code", masked(CLOSE, Buffer.from([3]))],
      ] as const
    ) {
      compare.same(row, `${what} is told as an error and a close`, async (side) => {
        const client = await shake(side, "", UPGRADE, frame);
        await client.closed();
        return await logOf(side, client.id, /^close \d/);
      });
    }

    compare.same(row, "a silent client is pinged, closed with 1001, and told so", async (side) => {
      const client = await shake(side, "idle=1");
      const frames = await client.frames(2);
      client.reset();
      // Deno tells of a second close, when the client is gone.
      return [frames, (await logOf(side, client.id, /^close \d/)).slice(0, 4)];
    });

    compare.same(row, "a client that closes without a code is told as 1005", async (side) => {
      const client = await shake(side, "", UPGRADE, masked(CLOSE));
      await client.closed();
      return [await client.frames(1), await logOf(side, client.id, /^close/)];
    });
  },
);
