import { defineWebSocketHandler, H3 } from "h3";

const closes = new Map();
export const app = new H3();

app.get(
  "/closed",
  (event) => JSON.stringify(closes.get(event.url.searchParams.get("room")) ?? null),
);
app.get(
  "/:room",
  defineWebSocketHandler((event) => {
    const { room } = event.context.params;
    return {
      upgrade() {
        if (event.url.searchParams.has("refused")) return new Response("refused", { status: 403 });
        return { headers: { "x-hook": "upgrade" } };
      },
      open(peer) {
        peer.subscribe(room);
        peer.send(`welcome ${peer.remoteAddress}`);
      },
      message(peer, message) {
        const text = message.text();
        if (text === "close") return void peer.close(4321, "bye");
        if (text === "bytes") return void peer.send(new Uint8Array([0, 1, 255]));
        if (text.startsWith("tell ")) return void peer.publish(room, text.slice(5));
        peer.send(`echo ${text} of ${message.uint8Array().length}`);
      },
      close(_, { code, reason }) {
        closes.set(room, `${code} ${reason}`);
      },
    };
  }),
);
