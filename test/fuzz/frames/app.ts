/** The app under hostile frames: an echo. Of its sockets it keeps one number. */

import { upgradeWebSocket } from "../../../src/websocket.ts";

/** Sockets that are open. */
let live = 0;

export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    // The longest message that it takes, in bytes.
    const [, , most] = pathname.split("/");
    if (pathname === "/hello") return new Response("Hello\n");
    if (pathname === "/live") return new Response(String(live));
    const { socket, response } = upgradeWebSocket(request, {
      maxPayloadLength: Number(most),
      perMessageDeflate: true,
    });
    let opened = false;
    socket.onopen = () => {
      opened = true;
      live++;
    };
    socket.onclose = () => {
      if (opened) live--;
    };
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  },
};
