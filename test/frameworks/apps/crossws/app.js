// The adapter for Bun loads elsewhere, but cannot be made there.
import bunAdapter from "crossws/adapters/bun";
import denoAdapter from "crossws/adapters/deno";

const closes = new Map();

const hooks = {
  upgrade(request) {
    if (new URL(request.url).searchParams.has("refused")) {
      return new Response("refused by the hook\n", { status: 403 });
    }
    return { headers: { "x-hook": "upgrade" }, context: { name: "of the hook" } };
  },
  open(peer) {
    const { searchParams } = new URL(peer.request.url);
    peer.subscribe(searchParams.get("room") ?? "room");
    peer.send(`welcome ${peer.context.name}`);
  },
  message(peer, message) {
    const room = new URL(peer.request.url).searchParams.get("room") ?? "room";
    const text = message.text();
    if (text === "bytes") return void peer.send(new Uint8Array([0, 1, 255]));
    if (text === "close") return void peer.close(4321, "bye");
    if (text === "leave") return void peer.unsubscribe(room);
    if (text.startsWith("tell ")) return void peer.publish(room, text.slice(5));
    peer.send(`echo ${text} of ${message.uint8Array().length}`);
  },
  close(peer, { code, reason }) {
    closes.set(new URL(peer.request.url).searchParams.get("room"), `${code} ${reason}`);
  },
};

const bun = "Bun" in globalThis ? bunAdapter({ hooks }) : undefined;
const deno = "Deno" in globalThis ? denoAdapter({ hooks }) : undefined;

export default {
  fetch(request, second) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/closed") return Response.json(closes.get(searchParams.get("room")) ?? null);
    if (request.headers.get("upgrade") !== "websocket") return new Response("A page\n");
    // The second argument is Bun's server itself, or the env of scgi serve.
    if (bun !== undefined) return bun.handleUpgrade(request, second.server ?? second);
    return deno.handleUpgrade(request, second);
  },
  ...(bun === undefined ? {} : { websocket: bun.websocket }),
};
