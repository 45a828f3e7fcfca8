import { closedByApp, closeOf, HANDSHAKE, open, tellEachOther } from "../sockets.js";

export const client = {
  "a page is sent": (side) => side.ask("/room"),
  "an app refuses an upgrade": (side) => side.ask("/room?refused", { headers: HANDSHAKE }),
  "texts and bytes are echoed": async (side) => {
    const { socket, closed, until } = await open(side, "/echo");
    socket.send("hé");
    socket.send(new Uint8Array([104, 105]));
    // What Deno gives for bytes is a Blob, whose text takes a while.
    await until(3);
    socket.send("bytes");
    const came = await until(4);
    socket.close(3456, "done");
    return [came, await closed, await closeOf(side, "echo")];
  },
  "an app knows the subprotocol": async (side) => {
    const { socket, closed, until } = await open(side, "/protocol", ["chat", "other"]);
    socket.send("protocol");
    const came = await until(2);
    socket.close(1000);
    await closed;
    return [came, socket.protocol];
  },
  "an app closes": (side) => closedByApp(side, "/close"),
  "a room is told": tellEachOther,
};
