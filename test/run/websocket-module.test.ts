/** A module with `fetch` and `websocket`, by Bun itself and by `scgi serve` behind nginx. */

import { Buffer } from "node:buffer";
import { BINARY, CLOSE, closing, masked, PING, tellFrames, TEXT } from "../support/frames.ts";
import { ask, type BothOptions, describeBoth, UPGRADE } from "./both.ts";
import { logOf, SocketClient } from "./socket-client.ts";

const options: BothOptions = {
  script: "test/run/apps/websocket-module.ts",
  command: "serve",
  on: ["bun"],
};

describeBoth("A module of Bun with WebSockets", options, (compare) => {
  const row = "WebSockets";

  compare.same(row, "it opens, echoes and closes as the client asks", async (side) => {
    const offer = [...UPGRADE, "Sec-WebSocket-Protocol: chat, chat2"];
    const client = await new SocketClient(side).shake("", offer, masked(TEXT, "early"));
    await client.send(BINARY, Buffer.from([0, 255]));
    await client.send(PING, "ab");
    const frames = await client.frames(4);
    await client.send(CLOSE, closing(4000, "done"));
    await client.closed();
    return [client.fields, frames, await logOf(side, client.id, /^close/)];
  });

  for (const name of ["close", "terminate"]) {
    compare.same(row, `ws.${name}() closes the same`, async (side) => {
      const client = await new SocketClient(side).shake();
      await client.send(TEXT, name);
      await client.closed();
      return [tellFrames(client.bytes), await logOf(side, client.id, /^close/)];
    });
  }

  compare.same(
    row,
    "a client that leaves, and one that sends too much, are told the same",
    async (side) => {
      const client = await new SocketClient(side).shake();
      await client.end();
      const other = await new SocketClient(side).shake("", UPGRADE, masked(TEXT, "x".repeat(1001)));
      await other.closed();
      return [
        await logOf(side, client.id, /^close/),
        (await logOf(side, other.id, /^close/)).map((line) => line.replace(/(?<=1006 ).*/, "")),
      ];
    },
  );

  compare.same(row, "a room gets what a socket and the server publish", async (side) => {
    const clients = [await new SocketClient(side).shake(), await new SocketClient(side).shake()];
    for (const client of clients) {
      await client.send(TEXT, "join");
      await client.frames(2);
    }
    await clients[0]!.send(TEXT, "publish");
    await clients[0]!.frames(3);
    await clients[1]!.frames(3);
    const { body } = await ask(side, "GET /server");
    const all = [await clients[0]!.frames(4), await clients[1]!.frames(4)];
    for (const client of clients) {
      await client.send(CLOSE, closing(1000));
      await client.closed();
    }
    return [all, body];
  });

  for (
    const [what, pattern, now] of [
      ["without a key", /^Sec-WebSocket-Key: .*/, "X: y"],
      ["of another version", /: 13$/, ": 8"],
    ] as const
  ) {
    compare.same(row, `a handshake ${what} is refused the same`, async (side) => {
      const headers = UPGRADE.map((line) => line.replace(pattern, now));
      return (await ask(side, "GET /socket/wrong", headers)).status;
    });
  }
});
