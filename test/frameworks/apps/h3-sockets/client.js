import { closedByApp, closeOf, HANDSHAKE, open, tellEachOther } from "../sockets.js";

export const client = {
  "a page is sent": (side) => side.ask("/room"),
  "a hook refuses an upgrade": (side) => side.ask("/room?refused", { headers: HANDSHAKE }),
  "texts and bytes are echoed": async (side) => {
    const { socket, closed, until } = await open(side, "/echo");
    socket.send("hé");
    socket.send(new Uint8Array([104, 105]));
    socket.send("bytes");
    const came = await until(4);
    socket.close(3456, "done");
    return [came, await closed, await closeOf(side, "echo")];
  },
  "a peer closes": closedByApp,
  "a peer publishes to the others of its room": tellEachOther,
};
