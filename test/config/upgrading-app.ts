/** An app that makes a WebSocket of each request that asks for one, whatever its path. */

import { upgradeWebSocket } from "../../src/websocket.ts";

export default {
  fetch(request: Request): Response {
    if (request.headers.get("upgrade") !== "websocket") return new Response("no WebSocket\n");
    const { socket, response } = upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  },
};
