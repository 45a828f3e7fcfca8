/** Sockets of `scgi serve`, the same on every runtime. */

import { upgradeWebSocket } from "../../src/websocket.ts";
import { use } from "./socket-room.ts";

export default {
  fetch(request: Request): Response {
    if (!request.headers.has("upgrade")) return new Response("A page\n");
    const { socket, response } = upgradeWebSocket(request);
    use(socket, new URL(request.url).pathname);
    return response;
  },
};
