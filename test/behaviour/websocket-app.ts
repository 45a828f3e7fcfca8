/** WebSockets for this suite. Runs on Bun, Deno and Node. */

import { upgradeWebSocket } from "../../src/websocket.ts";

/** The events of sockets, by the name in the query. */
const logs = new Map<string, string[]>();
const sockets = new Map<string, WebSocket>();
const BIG = new Uint8Array(1_048_576);

const actions: Record<string, (socket: WebSocket, query: URLSearchParams) => void> = {
  echo: (socket) => socket.addEventListener("message", ({ data }) => socket.send(data)),
  /** Sends one message at the start. */
  greet: (socket) => socket.addEventListener("open", () => socket.send("welcome")),
  /** Closes at the start, as is said. */
  close: (socket, query) =>
    socket.addEventListener("open", () => {
      const code = query.get("code");
      if (code === null) socket.close();
      else socket.close(Number(code), query.get("reason") ?? undefined);
    }),
  /** Closes before it is open. */
  early: (socket) => socket.close(4001, "early"),
  /** Sends so many MiB at the start. */
  flood: (socket, query) =>
    socket.addEventListener("open", () => {
      for (let left = Number(query.get("mib")); left > 0; left--) socket.send(BIG);
    }),
  /** Fails at each message. */
  broken: (socket) =>
    socket.addEventListener("message", ({ data }) => {
      socket.send(data);
      throw new Error(`broken by ${data}`);
    }),
  /** The same by a promise. */
  rejecting: (socket) =>
    // deno-lint-ignore require-await
    socket.addEventListener("message", async ({ data }) => {
      socket.send(data);
      throw new Error(`rejected by ${data}`);
    }),
  /** Sends a Blob, and text after it. */
  blob: (socket) =>
    socket.addEventListener("open", () => {
      socket.send(new Blob(["first"]));
      socket.send("second");
      socket.close(1000, "third");
    }),
};

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams: query } = new URL(request.url);
    const [name = "", word = ""] = pathname.slice(1).split("/");
    const id = query.get("id") ?? "";
    if (name === "log") return Response.json(logs.get(word) ?? []);
    if (name === "buffered") return Response.json(sockets.get(word)!.bufferedAmount);
    const { socket, response } = upgradeWebSocket(request, {
      protocol: "chat",
      idleTimeout: Number(query.get("idle") ?? 50),
      maxPayloadLength: Number(query.get("max") ?? 16_777_216),
    });
    watch(id, socket);
    actions[name]?.(socket, query);
    if (query.has("late")) await new Promise((resolve) => setTimeout(resolve, 50));
    if (query.has("instead")) return new Response("instead\n");
    return response;
  },
};

function watch(id: string, socket: WebSocket): void {
  const log: string[] = [`${socket.readyState}`];
  logs.set(id, log);
  sockets.set(id, socket);
  socket.onopen = () => log.push(`open ${socket.readyState} ${socket.protocol}`.trim());
  socket.onerror = () => log.push(`error ${socket.readyState}`);
  socket.onclose = ({ code, reason, wasClean }) =>
    log.push(`close ${socket.readyState} ${code} ${reason} ${wasClean ? "clean" : "unclean"}`);
}
