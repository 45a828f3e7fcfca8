import { closedByApp, echoed, HANDSHAKE, open } from "../sockets.js";

export const client = {
  "a page is sent": (side) => side.ask("/"),
  "a hook refuses an upgrade": (side) => side.ask("/?refused", { headers: HANDSHAKE }),
  "texts and bytes are echoed": (side) => echoed(side, "/?room=echo"),
  "a peer closes": (side) => closedByApp(side, "/?room=close"),
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
