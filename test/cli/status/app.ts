/** An app whose requests end in each way that the status tells apart. */

import process from "node:process";
import { upgradeWebSocket } from "../../../src/websocket.ts";

const routes: Record<string, (request: Request) => Response | Promise<Response>> = {
  "/": () => new Response("Hello\n"),
  "/pid": () => new Response(String(process.pid)),
  "/socket": (request) => {
    const { socket, response } = upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  },
  "/broken": () => {
    throw new Error("It is broken");
  },
  "/late": async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return new Response("Late\n");
  },
  /** Holds the event loop for longer than a test lasts, lest it be left alone. */
  "/loop": () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000);
    return new Response();
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    const route = routes[new URL(request.url).pathname];
    return await route?.(request) ?? new Response("Nothing\n", { status: 404 });
  },
};
