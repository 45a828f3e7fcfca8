/** A module with WebSockets in the way of Bun: `fetch` and `websocket` beside each other. */

interface Socket {
  data: { id: string };
  remoteAddress: string;
  send(data: unknown): number;
  subscribe(topic: string): boolean;
  publish(topic: string, data: string): number;
  close(code?: number, reason?: string): void;
}

interface Server {
  pendingWebSockets: number;
  upgrade(request: Request, options?: object): boolean;
  publish(topic: string, data: string): number;
  subscriberCount(topic: string): number;
  requestIP(request: Request): { address: string } | null;
}

const logs = new Map<string, string[]>();
const log = ({ data: { id } }: Socket, line: string): void => {
  logs.set(id, [...logs.get(id) ?? [], line]);
};

export default {
  fetch(request: Request, { server }: { server: Server }): Response | undefined {
    const { pathname, searchParams } = new URL(request.url);
    const [, name, id = ""] = pathname.split("/");
    if (name === "log") return Response.json(logs.get(id) ?? []);
    if (name === "publish") return Response.json(server.publish("room", "from the server"));
    if (name === "state") {
      const { address } = server.requestIP(request)!;
      return Response.json([server.pendingWebSockets, server.subscriberCount("room"), address]);
    }
    const headers = { "X-Own": "1" };
    const upgraded = server.upgrade(request, { data: { id: searchParams.get("id") }, headers });
    return upgraded ? undefined : new Response("no upgrade", { status: 400 });
  },
  websocket: {
    maxPayloadLength: 1000,
    open(ws: Socket) {
      log(ws, `open ${ws.remoteAddress}`);
      ws.subscribe("room");
      ws.send("welcome");
    },
    message(ws: Socket, message: string | Uint8Array<ArrayBuffer>) {
      if (typeof message !== "string") {
        log(ws, `${message.length} of ${message.buffer.byteLength}`);
        return void ws.send(message);
      }
      if (message === "throw") throw new Error("thrown by message");
      if (message === "close") return ws.close(4321, "bye");
      ws.send(`${ws.publish("room", message)}`);
    },
    close(ws: Socket, code: number, reason: string) {
      log(ws, `close ${code} ${reason}`.trim());
    },
  },
};
