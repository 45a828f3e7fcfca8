import { closeOf, HANDSHAKE, open } from "../sockets.js";

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
  "a peer closes": async (side) => {
    const { socket, closed } = await open(side, "/close");
    socket.send("close");
    return [await closed, await closeOf(side, "close")];
  },
  "a peer publishes to the others of its room": async (side) => {
    const [one, two] = [await open(side, "/talk"), await open(side, "/talk")];
    await Promise.all([one.until(1), two.until(1)]);
    one.socket.send("tell the other");
    await two.until(2);
    two.socket.send("tell back");
    const came = [await one.until(2), await two.until(2)];
    for (const { socket } of [one, two]) socket.close(1000);
    return [came, await one.closed, await two.closed];
  },
};
