/** Sockets of `Bun.serve`, by itself and under `scgi run`: an echo, and a room. */

import process from "node:process";

interface Socket {
  readonly data: { readonly path: string };
  send(data: string | Uint8Array): void;
  subscribe(topic: string): void;
}

interface Server {
  upgrade(request: Request, options: object): boolean;
  publish(topic: string, data: string | Uint8Array): void;
}

const { Bun } = globalThis as unknown as { Bun: { serve(options: object): Server } };

const server = Bun.serve({
  unix: process.argv[2]!,
  fetch(request: Request, server: Server) {
    const path = new URL(request.url).pathname;
    return server.upgrade(request, { data: { path } }) ? undefined : new Response("A page\n");
  },
  websocket: {
    open(socket: Socket) {
      if (socket.data.path === "/room") socket.subscribe("room");
    },
    message(socket: Socket, message: string | Uint8Array) {
      if (socket.data.path === "/echo") socket.send(message);
      else server.publish("room", message);
    },
  },
});
