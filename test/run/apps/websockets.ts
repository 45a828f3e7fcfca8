/**
 * A server with WebSockets: a client names a call, and gets its outcome as JSON. `/log/ID` tells the
 * events of a socket.
 */

import type { ServerWebSocket } from "bun";
import process from "node:process";

interface Data {
  id: string;
  query: URLSearchParams;
}
type Socket = ServerWebSocket<Data>;
// deno-lint-ignore no-explicit-any
type Loose = any;

const logs = new Map<string, string[]>();
const log = (ws: Socket, line: string): void => void logs.get(ws.data.id)?.push(line);
const bytes = new Uint8Array([104, 105]);

/** Calls of a socket's methods, whose results are compared. */
const calls: Record<string, (ws: Socket) => unknown> = {
  flood: (ws) => {
    // 60 MB: more than the kernel takes for a client that reads nothing.
    const results = Array.from({ length: 1000 }, () => ws.send("x".repeat(60_000)));
    const kinds = results.map((result) => result > 0 ? "sent" : String(result));
    log(ws, [...new Set(kinds)].join(" "));
  },
  "send text": (ws) => ws.send("héllo"),
  "send empty": (ws) => ws.send(""),
  "send bytes": (ws) => ws.send(bytes),
  "send buffer": (ws) => ws.send(bytes.buffer),
  "send part": (ws) => ws.send(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)),
  "send number": (ws) => ws.send(5 as Loose),
  "send object": (ws) => ws.send({} as Loose),
  "send null": (ws) => ws.send(null as Loose),
  "send nothing": (ws) => (ws as Loose).send(),
  "send long": (ws) => ws.send("x".repeat(70_000)),
  "send compress": (ws) => ws.send("a", 5 as Loose),
  "send blob, then text": (ws) => [ws.send(new Blob(["blob"]) as Loose), ws.send("after")],
  "sendText": (ws) => ws.sendText("text"),
  "sendText number": (ws) => ws.sendText(5 as Loose),
  "sendText nothing": (ws) => (ws as Loose).sendText(),
  "sendBinary": (ws) => ws.sendBinary(bytes),
  "sendBinary string": (ws) => ws.sendBinary("a" as Loose),
  "ping": (ws) => [ws.ping(), ws.ping("abc"), ws.ping(bytes)],
  "ping long": (ws) => ws.ping("a".repeat(126)),
  "ping number": (ws) => ws.ping(5 as Loose),
  "pong": (ws) => [ws.pong(), ws.pong("abc")],
  "cork": (ws) => [
    ws.cork(() => 7),
    ws.cork((same) => same === ws),
    ws.cork((ws) => [ws.send("one"), ws.send("two")]),
  ],
  "cork throws": (ws) =>
    ws.cork(() => {
      throw new Error("inner");
    }),
  "cork nothing": (ws) => (ws as Loose).cork(),
  "cork number": (ws) => ws.cork(5 as Loose),
  "topics": (ws) => [
    ws.subscribe("a"),
    ws.subscribe("a"),
    ws.isSubscribed("a"),
    ws.isSubscribed("b"),
    ws.subscriptions,
    server.subscriberCount("a"),
    server.subscriberCount("b"),
    ws.publish("a", "not to self"),
    server.publish("a", "to äll"),
    server.publish("a", bytes),
    server.publish("a", ""),
    server.publish("b", "to none"),
    ws.unsubscribe("b"),
    ws.unsubscribe("a"),
    ws.subscriptions,
    server.subscriberCount("a"),
  ],
  "subscribe nothing": (ws) => (ws as Loose).subscribe(),
  "subscribe empty": (ws) => ws.subscribe(""),
  "subscribe number": (ws) => ws.subscribe(5 as Loose),
  "unsubscribe nothing": (ws) => (ws as Loose).unsubscribe(),
  "isSubscribed empty": (ws) => ws.isSubscribed(""),
  "publish nothing": (ws) => (ws as Loose).publish(),
  "publish half": (ws) => (ws as Loose).publish("a"),
  "publish empty": (ws) => ws.publish("", "a"),
  "publish number": (ws) => ws.publish(5 as Loose, "a"),
  "publishText": (ws) => [ws.publishText("none", "a"), ws.publishBinary("none", bytes)],
  "publishText bytes": (ws) => ws.publishText("a", bytes as Loose),
  "publishBinary string": (ws) => ws.publishBinary("a", "b" as Loose),
  "server.publish empty": () => server.publish("", "a"),
  "server.publish half": () => (server as Loose).publish("a"),
  "server.publish number": () => server.publish("a", 5 as Loose),
  "publish a blob, then text": (ws) => [
    ws.subscribe("blobs"),
    ws.publish("blobs", new Blob(["blob"]) as Loose),
    server.publish("no topic", new Blob(["blob"]) as Loose),
    server.publish("blobs", new Blob(["blob"]) as Loose),
    server.publish("blobs", "after"),
    ws.unsubscribe("blobs"),
  ],
  "subscribe room": (ws) => [ws.subscribe("room"), server.subscriberCount("room") > 0],
  "publish room": (ws) => ws.publish("room", "from a socket"),
  "server.publish room": () => server.publish("room", "from the server"),
  "binaryType": (ws) => {
    const given = ["uint8array", "arraybuffer", "blob", "ArrayBuffer", "nodebuffer", "Blob", 5];
    return given.map((kind) => {
      try {
        ws.binaryType = kind as Loose;
        return ws.binaryType;
      } catch (error) {
        return (error as Error).message;
      } finally {
        ws.binaryType = "nodebuffer";
      }
    });
  },
  "take uint8array": (ws) => ws.binaryType = "uint8array",
  "take arraybuffer": (ws) => ws.binaryType = "arraybuffer",
  "members": (ws) => {
    const prototype = Object.getPrototypeOf(ws);
    const shown = Object.keys(Object.getOwnPropertyDescriptors(prototype))
      .filter((key) => Object.getOwnPropertyDescriptor(prototype, key)!.enumerable).sort();
    return [String(ws), ws.constructor.name, Object.keys(ws), shown];
  },
  "values": (ws) => [
    ws.readyState,
    ws.remoteAddress,
    server.pendingWebSockets > 0,
    (ws as Loose).getBufferedAmount(),
    (ws as Loose).isPaused,
    ws.data.id !== "",
  ],
  "data": (ws) => {
    const { data } = ws;
    try {
      ws.data = 9 as Loose;
      return ws.data;
    } finally {
      ws.data = data;
    }
  },
  "close string": (ws) => (ws as Loose).close("1000"),
  "close": (ws) => closed(ws, () => ws.close()),
  "close with code": (ws) => closed(ws, () => ws.close(4321, "bye")),
  "close with 1006": (ws) => closed(ws, () => ws.close(1006, "x")),
  "terminate": (ws) => closed(ws, () => ws.terminate()),
  "reload": () => {
    const { fetch, websocket } = options;
    const message = (ws: Socket, text: string) => {
      if (text === "stop") void server.stop();
      if (text === "stop now") void server.stop(true);
      if (ws.readyState === 1) ws.send(`reloaded ${text}`);
    };
    server.reload({ fetch, websocket: { ...websocket, message } });
  },
  "throw": () => {
    throw new Error("thrown");
  },
};

/** What a socket answers once it is closed; told in its log. */
function closed(ws: Socket, close: () => void): void {
  ws.subscribe("last");
  close();
  const after = [
    ws.readyState,
    ws.send("a"),
    ws.ping(),
    ws.publish("last", "a"),
    ws.subscribe("q"),
    ws.isSubscribed("last"),
    ws.subscriptions,
    ws.cork(() => 3),
    server.subscriberCount("last"),
    ws.close(),
    ws.terminate(),
  ];
  log(ws, `after ${JSON.stringify(after)}`);
}

function outcome(call: () => unknown): unknown {
  try {
    return call() ?? null;
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    return [name, code ?? null, message];
  }
}

const show = (data: unknown): string =>
  typeof data === "string"
    ? JSON.stringify(data)
    : `${(data as object).constructor.name} ${JSON.stringify([...new Uint8Array(data as Loose)])}`;

const options: Loose = {
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  development: false,
  async fetch(request: Request, server: Loose) {
    const { pathname, searchParams: query } = new URL(request.url);
    const [, kind, id = ""] = pathname.split("/");
    if (kind === "log") return Response.json(logs.get(id) ?? []);
    if (kind === "pending") return Response.json(server.pendingWebSockets);
    if (kind === "wrong") {
      const options = { options: 5, headers: { headers: 5 } }[id];
      return Response.json(outcome(() => server.upgrade(request, options as Loose)));
    }
    if (kind === "clone") return Response.json(server.upgrade(request.clone()));
    logs.set(id, []);
    if (query.has("late")) await Bun.sleep(20);
    const fields = new Headers({ "x-own": "1" });
    fields.append("set-cookie", "a=1");
    fields.append("set-cookie", "b=2");
    const protocol = query.get("protocol");
    if (protocol !== null) fields.set("sec-websocket-protocol", protocol);
    const upgraded = server.upgrade(request, { data: { id, query }, headers: fields } as Loose);
    logs.get(id)!.push(`upgrade ${upgraded} ${upgraded && server.upgrade(request)}`);
    if (upgraded && !query.has("respond")) return;
    return new Response("no upgrade");
  },
  error: (error: Error) => new Response(error.message, { status: 500 }),
  websocket: {
    maxPayloadLength: 100_000,
    backpressureLimit: 1_048_576,
    idleTimeout: 120,
    open(ws: Socket) {
      log(ws, `open ${ws.readyState}`);
      if (ws.data.query.has("fail")) throw new Error("in open");
      if (ws.data.query.has("greet")) ws.send("welcome");
    },
    message(ws: Socket, message: string | Uint8Array) {
      const name = String(message);
      if (typeof message !== "string") {
        log(ws, `message ${show(message)}`);
        ws.send(message);
        return;
      }
      const call = calls[name];
      log(ws, `message ${show(message).slice(0, 40)}`);
      if (call === undefined) return void ws.send(`echo ${message.length}`);
      if (name === "throw") return void call(ws);
      const result = outcome(() => call(ws));
      if (ws.readyState === 1) ws.send(JSON.stringify(result));
    },
    drain: (ws: Socket) => log(ws, "drain"),
    ping: (ws: Socket, data: unknown) => log(ws, `ping ${show(data)}`),
    pong: (ws: Socket, data: unknown) => log(ws, `pong ${show(data)}`),
    close(ws: Socket, code: number, reason: string) {
      const own = [ws.readyState, ws.send("a"), ws.subscriptions];
      log(ws, `close ${code} ${/^[a-z]+$/.test(reason) ? reason : ""} ${JSON.stringify(own)}`);
    },
    error: (error: Error, ws: Socket) => log(ws, `error ${error.message}`),
  } as Loose,
};

const server: Bun.Server<Data> = Bun.serve(options);
