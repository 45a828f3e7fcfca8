/** Sockets of `Deno.serve`, by itself and under `scgi run`. */

import process from "node:process";
import { use } from "./socket-room.ts";

const { Deno } = globalThis as unknown as {
  Deno: {
    serve(options: object, handler: (request: Request) => Response): void;
    upgradeWebSocket(request: Request): { socket: WebSocket; response: Response };
  };
};

Deno.serve({ path: process.argv[2]!, onListen() {} }, (request) => {
  if (!request.headers.has("upgrade")) return new Response("A page\n");
  const { socket, response } = Deno.upgradeWebSocket(request);
  use(socket, new URL(request.url).pathname);
  return response;
});
