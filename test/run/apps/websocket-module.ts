/**
 * A module with `fetch` and `websocket`, which Bun serves by itself and `scgi serve` as well.
 * `/log/ID` tells the events of a socket.
 */

import process from "node:process";

interface Socket {
  data: string;
  readyState: number;
  remoteAddress: string;
  subscriptions: string[];
  send(data: unknown): number;
  subscribe(topic: string): boolean;
  publish(topic: string, data: unknown): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

interface Server {
  pendingWebSockets: number;
  upgrade(request: Request, options?: object): boolean;
  publish(topic: string, data: string): number;
  subscriberCount(topic: string): number;
  requestIP(request: Request): { address: string; family: string } | null;
}

const logs = new Map<string, string[]>();
const log = (ws: Socket, line: string): void => void logs.get(ws.data)?.push(line);

export default {
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  development: false,
  fetch(request: Request, second: Server | { server: Server }): Response | undefined {
    const server = "server" in second ? second.server : second;
    const [, kind, id = ""] = new URL(request.url).pathname.split("/");
    if (kind === "log") return Response.json(logs.get(id) ?? []);
    if (kind === "server") {
      const { address, family } = server.requestIP(request)!;
      const counts = [server.subscriberCount("room"), server.pendingWebSockets];
      return Response.json([...counts, server.publish("room", "hé"), address, family]);
    }
    logs.set(id, []);
    const headers = { "x-own": "1", "set-cookie": "a=1" };
    const upgraded = server.upgrade(request, { data: id, headers });
    logs.get(id)!.push(`upgrade ${upgraded}`);
    return upgraded ? undefined : new Response("no upgrade", { status: 400 });
  },
  websocket: {
    maxPayloadLength: 1000,
    open(ws: Socket) {
      log(ws, `open ${ws.readyState} ${ws.remoteAddress}`);
      ws.send("welcome");
    },
    message(ws: Socket, message: string | Uint8Array) {
      log(ws, `message ${typeof message} ${message.length}`);
      if (message === "join") ws.send(`${ws.subscribe("room")} ${ws.subscriptions}`);
      else if (message === "publish") ws.send(`${ws.publish("room", "from a socket")}`);
      else if (message === "close") ws.close(4321, "bye");
      else if (message === "terminate") ws.terminate();
      else ws.send(message);
    },
    ping: (ws: Socket, data: Uint8Array) => log(ws, `ping ${data.length}`),
    close: (ws: Socket, code: number, reason: string) =>
      log(ws, `close ${code} ${/^[a-z]*$/.test(reason) ? reason : ""} ${ws.readyState}`),
  },
};
