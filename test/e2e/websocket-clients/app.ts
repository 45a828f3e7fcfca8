/** WebSockets that say what was agreed on, echo, and close as they are told. */

import { upgradeWebSocket } from "../../../src/websocket.ts";

/** How sockets were closed, by the name in the query. */
const closes = new Map<string, string>();

export default {
  fetch(request: Request): Response {
    const { pathname, searchParams: query } = new URL(request.url);
    const id = query.get("id") ?? "";
    if (pathname === "/closed") return Response.json(closes.get(id) ?? null);
    if (!request.headers.has("upgrade")) return new Response("A page\n");
    const { socket, response } = upgradeWebSocket(request, {
      protocol: "chat",
      perMessageDeflate: true,
      maxPayloadLength: Number(query.get("max") ?? 2_000_000),
      idleTimeout: Number(query.get("idle") ?? 50),
    });
    const offered = request.headers.get("sec-websocket-extensions") ?? "";
    const compressed = [/permessage-deflate/.test(offered), socket.extensions !== ""];
    socket.onopen = () => socket.send(JSON.stringify([socket.protocol, ...compressed]));
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string" || !data.startsWith("close ")) return socket.send(data);
      const [, code, reason] = data.split(" ");
      if (code === "none") socket.close();
      else socket.close(Number(code), reason);
    };
    socket.onclose = ({ code, reason, wasClean }) =>
      closes.set(id, `${code} ${reason} ${wasClean ? "clean" : "unclean"}`);
    return response;
  },
};
