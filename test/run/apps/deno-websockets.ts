/** A server of Deno with WebSockets; `/log/ID` tells the events of one. */

import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Deno } = globalThis as any;
const logs = new Map<string, string[]>();

function handler(request: Request): Response {
  const { pathname, searchParams: query } = new URL(request.url);
  const [, kind, id = ""] = pathname.split("/");
  if (kind === "log") return Response.json(logs.get(id) ?? []);
  const log: string[] = [];
  logs.set(id, log);
  const protocol = query.get("protocol");
  const { socket, response } = Deno.upgradeWebSocket(request, {
    ...(protocol ? { protocol } : {}),
    ...(query.has("idle") ? { idleTimeout: Number(query.get("idle")) } : {}),
  });
  const kinds = [socket instanceof WebSocket, socket.binaryType, String(socket)];
  log.push(`${socket.readyState} ${response.status} ${kinds}`);
  socket.onopen = () => log.push(`open ${socket.readyState}`);
  socket.onclose = (event: CloseEvent) => {
    const { code, reason, wasClean } = event;
    log.push(`close ${code} ${reason} ${wasClean ? "clean" : "not clean"}`);
  };
  socket.onerror = (event: ErrorEvent) => {
    // What is said of a wrong frame differs.
    const { message } = event;
    const told = /EOF|response/.test(message) ? message : "";
    log.push(`error ${socket.readyState} ${event.constructor.name} ${told}`.trim());
  };
  socket.addEventListener("message", ({ data }: MessageEvent) => {
    log.push(typeof data === "string" ? data : `${data.constructor.name} ${data.byteLength}`);
    if (data === "close") return socket.close(4321, "bye");
    socket.send(data);
  });
  return response;
}

Deno.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  onListen() {},
  onError: (error: Error) => new Response(`${error.name}: ${error.message}`, { status: 500 }),
}, handler);
