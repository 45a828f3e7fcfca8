/**
 * A server whose WebSockets have other options than their defaults: a set of them by its name, in the
 * first argument. `/log/ID` tells the events of a socket, `/resume/ID` resumes it.
 */

import type { ServerWebSocket } from "bun";
import process from "node:process";

type Socket = ServerWebSocket<string>;
// deno-lint-ignore no-explicit-any
type Loose = any;

const logs = new Map<string, string[]>();
const sockets = new Map<string, Socket>();
const log = (ws: Socket, line: string): void => void logs.get(ws.data)?.push(line);
const long = "a long message, ".repeat(200);
const bytes = new TextEncoder().encode(long);

const sets: Record<string, Loose> = {
  compressing: { perMessageDeflate: true, publishToSelf: true, idleTimeout: 8 },
  remembering: {
    perMessageDeflate: { compress: "dedicated", decompress: "dedicated" },
    idleTimeout: 1,
    sendPings: false,
    closeOnBackpressureLimit: true,
    backpressureLimit: 1_048_576,
  },
  inflating: { perMessageDeflate: { compress: false, decompress: true } },
};

/** Calls of a socket's methods, whose results are compared. */
const calls: Record<string, (ws: Socket) => unknown> = {
  "send": (ws) => [ws.send(long), ws.send("short")],
  "send, compressed": (ws) => [ws.send(long, true), ws.send("short", true), ws.send(bytes, true)],
  "send, not compressed": (ws) => [ws.send(long, false), ws.send(bytes, false)],
  "sendText and sendBinary": (ws) => [
    ws.sendText(long),
    ws.sendText(long, true),
    ws.sendBinary(bytes),
    ws.sendBinary(bytes, true),
  ],
  "the same twice": (ws) => [ws.send(long, true), ws.send(long, true)],
  "publish": (ws) => {
    const topic = `topic of ${ws.data}`;
    ws.subscribe(topic);
    return [
      ws.publish(topic, "to self"),
      ws.publish(topic, long, true),
      ws.publishText(topic, long),
      ws.publishBinary(topic, bytes, true),
      server.publish(topic, long, true),
      server.publish(topic, long),
      server.publish(topic, "short", false),
    ];
  },
  "pause": (ws) => {
    ws.pause();
    log(ws, `paused ${(ws as Loose).isPaused}`);
    return (ws as Loose).isPaused;
  },
  "flood": (ws) => {
    // 60 MB: more than the kernel takes for a client that reads nothing.
    const results = Array.from({ length: 1000 }, () => ws.send("x".repeat(60_000)));
    const kinds = results.map((result) => result > 0 ? "sent" : String(result));
    log(ws, [...new Set(kinds)].join(" "));
  },
};

const server: Bun.Server<string> = Bun.serve<string>({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  development: false,
  fetch(request: Request, server: Loose) {
    const [, kind, id = ""] = new URL(request.url).pathname.split("/");
    if (kind === "log") return Response.json(logs.get(id) ?? []);
    if (kind === "resume") {
      const ws = sockets.get(id) as Loose;
      log(ws, "resume");
      ws.resume();
      return Response.json(ws.isPaused);
    }
    logs.set(id, []);
    return server.upgrade(request, { data: id }) ? undefined : new Response("no upgrade");
  },
  websocket: {
    ...sets[process.argv[2] ?? ""],
    open: (ws: Socket) => void sockets.set(ws.data, ws),
    message(ws: Socket, message: string) {
      log(ws, `message ${message.length > 40 ? message.length : message}`);
      const call = calls[message];
      const told = JSON.stringify(call === undefined ? `echo ${message.length}` : call(ws) ?? null);
      if (ws.readyState === 1) ws.send(told);
    },
    close: (ws: Socket, code: number, reason: string) =>
      log(ws, `close ${code} ${reason} ${ws.readyState}`),
  } as Loose,
});
