import { closedByApp, closeOf, HANDSHAKE, open, tellEachOther } from "../sockets.js";

export const client = {
  "a page is sent": (side) => side.ask("/page/room"),
  "a path that the schema refuses is not upgraded": (side) =>
    side.ask("/a-room-with-a-long-name", { headers: HANDSHAKE }),
  "texts, objects and bytes are sent": async (side) => {
    const { socket, closed, until } = await open(side, "/echo");
    socket.send("hé");
    socket.send('{"a":1}');
    socket.send(new Uint8Array([104, 105]));
    socket.send("bytes");
    socket.send("object");
    const came = await until(6);
    socket.close(3456, "done");
    return [came, await closed, await closeOf(side, "echo")];
  },
  "a socket closes": (side) => closedByApp(side, "/close"),
  "a socket publishes to the others of its room": tellEachOther,
};
