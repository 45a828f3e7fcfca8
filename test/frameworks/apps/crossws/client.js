import { closeOf, HANDSHAKE, open } from "../sockets.js";

export const client = {
  "a page is sent": (side) => side.ask("/"),
  "a hook refuses an upgrade": (side) => side.ask("/?refused", { headers: HANDSHAKE }),
  "texts and bytes are echoed": async (side) => {
    const { socket, closed, until } = await open(side, "/?room=echo");
    socket.send("hé");
    socket.send(new Uint8Array([104, 105]));
    socket.send("bytes");
    const came = await until(4);
    socket.close(3456, "done");
    return [came, await closed, await closeOf(side, "echo")];
  },
  "a peer closes": async (side) => {
    const { socket, closed } = await open(side, "/?room=close");
    socket.send("close");
    return [await closed, await closeOf(side, "close")];
  },
  "a peer publishes to the others of its topic": async (side) => {
    const [one, two, three] = [
      await open(side, "/?room=talk"),
      await open(side, "/?room=talk"),
      await open(side, "/?room=other"),
    ];
    await Promise.all([one, two, three].map(({ until }) => until(1)));
    one.socket.send("tell to the others");
    await two.until(2);
    two.socket.send("tell back");
    await one.until(2);
    three.socket.send("alone");
    const came = await Promise.all([one.until(2), two.until(2), three.until(2)]);
    for (const { socket } of [one, two, three]) socket.close(1000);
    return [came, await Promise.all([one, two, three].map(({ closed }) => closed))];
  },
};
