/** The server's end of a WebSocket as the standard has it, and the server's view of it. */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "bun:test";
import { type ScgiError, serve, type ServeOptions, type Server } from "../../src/mod.ts";
import { upgradeWebSocket } from "../../src/websocket.ts";
import { eventually } from "../support/eventually.ts";
import { CLOSE, closing, HANDSHAKE, masked, tellFrames, TEXT } from "../support/frames.ts";
import { requestOf } from "../support/call.ts";

/** What runs while a test does. */
const running: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one[Symbol.asyncDispose]();
});

interface Pair {
  server: Server;
  /** The server's end. */
  socket: WebSocket;
  /** The client's connection. */
  client: Socket;
  request: Request;
  completed: Promise<void>;
  errors: unknown[];
  /** What came after the head. */
  frames(): string[];
}

/** A socket, once it is open. */
async function pair(
  prepare: (socket: WebSocket) => void = () => {},
  options: ServeOptions = {},
): Promise<Pair> {
  const errors: unknown[] = [];
  let upgraded: { socket: WebSocket; request: Request; completed: Promise<void> } | undefined;
  const server = serve((request, _env, ctx) => {
    const { socket, response } = upgradeWebSocket(request);
    upgraded = { socket, request, completed: ctx.completed };
    prepare(socket);
    return response;
  }, { port: 0, shutdownTimeout: 0, onError: (error) => void errors.push(error), ...options });
  running.push(server);
  await server.ready;
  const { port } = server.addr as { port: number };
  const client = connect(port, "127.0.0.1");
  running.push({ [Symbol.asyncDispose]: () => Promise.resolve(void client.destroy()) });
  const chunks: Buffer[] = [];
  client.on("data", (bytes: Buffer) => chunks.push(bytes)).on("error", () => {});
  client.write(requestOf({ uri: "/a?b", variables: HANDSHAKE }), "latin1");
  const frames = () => {
    const all = Buffer.concat(chunks);
    return tellFrames(all.subarray(all.indexOf("\r\n\r\n") + 4));
  };
  await eventually(() => Buffer.concat(chunks).includes("\r\n\r\n"), Boolean);
  return { server, client, errors, frames, ...upgraded! };
}

const nameOf = (action: () => void): string => {
  try {
    action();
    return "nothing";
  } catch (error) {
    return (error as Error).name;
  }
};

describe("the socket", () => {
  test("is a WebSocket with the whole interface", async () => {
    const { socket } = await pair();
    expect(socket).toBeInstanceOf(EventTarget);
    // Node 20 has none.
    if ("WebSocket" in globalThis) expect(socket).toBeInstanceOf(WebSocket);
    expect(Object.prototype.toString.call(socket)).toBe("[object WebSocket]");
    const { CONNECTING, OPEN, CLOSING, CLOSED } = socket;
    expect([CONNECTING, OPEN, CLOSING, CLOSED]).toEqual([0, 1, 2, 3]);
    const { url, protocol, extensions, bufferedAmount, binaryType } = socket;
    expect({ url, protocol, extensions, bufferedAmount, binaryType }).toEqual({
      url: "ws://h/a?b",
      protocol: "",
      extensions: "",
      bufferedAmount: 0,
      binaryType: "arraybuffer",
    });
    const { onopen, onmessage, onerror, onclose } = socket;
    expect([onopen, onmessage, onerror, onclose]).toEqual([null, null, null, null]);
  });

  test("is connecting until the response is sent, and sends nothing before", async () => {
    let early: unknown;
    const { socket } = await pair((socket) => {
      early = [socket.readyState, nameOf(() => socket.send("x"))];
    });
    expect(early).toEqual([0, "InvalidStateError"]);
    expect(socket.readyState).toBe(1);
  });

  test.each<[string, unknown[], string]>([
    ["1000", [1000], "nothing"],
    ["3000", [3000, "why"], "nothing"],
    ["no code", [], "nothing"],
    ["1001", [1001], "InvalidAccessError"],
    ["1005", [1005], "InvalidAccessError"],
    ["2999", [2999], "InvalidAccessError"],
    ["5000", [5000], "InvalidAccessError"],
    ["a reason of 123 bytes", [1000, "é".repeat(61) + "x"], "nothing"],
    ["a reason of 124 bytes", [1000, "é".repeat(62)], "SyntaxError"],
  ])("closes with %s as the standard says", async (_, args, name) => {
    const { socket } = await pair();
    expect(nameOf(() => socket.close(...args as [number, string]))).toBe(name);
    expect(socket.readyState).toBe(name === "nothing" ? 2 : 1);
  });

  test("sends what a WebSocket can send", async () => {
    const { socket, frames } = await pair();
    const bytes = new TextEncoder().encode("xbytes");
    for (
      const data of [
        "text",
        "\ud800",
        bytes.subarray(1),
        new DataView(bytes.buffer, 1, 2),
        bytes.buffer,
        42,
        new Blob(["blob"]),
        "after",
      ]
    ) socket.send(data as string);
    expect(await eventually(frames, (all) => all.length === 8)).toEqual(
      ["1:text", "1:\ufffd", "2:bytes", "2:by", "2:xbytes", "1:42", "2:blob", "1:after"],
    );
    expect(socket.bufferedAmount).toBe(0);
  });

  test("receives bytes in the class that is asked for, each message in memory of its own", async () => {
    const seen: unknown[] = [];
    const { client } = await pair((socket) =>
      socket.onmessage = ({ data, origin }) => {
        seen.push(data, origin);
        socket.binaryType = "blob";
        (socket as { binaryType: string }).binaryType = "nodebuffer";
      }
    );
    client.write(Buffer.concat([masked(2, "first"), masked(2, "second")]));
    await eventually(() => seen.length, (count) => count === 4);
    const [first, origin, second] = seen as [ArrayBuffer, string, Blob];
    expect(Buffer.from(first).toString()).toBe("first");
    expect(first).toBeInstanceOf(ArrayBuffer);
    expect(origin).toBe("ws://h");
    expect(second).toBeInstanceOf(Blob);
    expect(await second.text()).toBe("second");
  });

  test("calls handlers and listeners in their order, also objects, and once", async () => {
    const seen: string[] = [];
    const { client } = await pair((socket) => {
      const removed = () => seen.push("removed");
      socket.addEventListener("message", removed);
      socket.onmessage = () => void seen.push("replaced");
      socket.addEventListener("message", { handleEvent: () => void seen.push("object") });
      socket.addEventListener("message", () => seen.push("once"), { once: true });
      socket.onmessage = function (this: WebSocket) {
        seen.push(`handler ${this === socket}`);
      };
      socket.removeEventListener("message", removed);
    });
    client.write(Buffer.concat([masked(TEXT, "x"), masked(TEXT, "y")]));
    await eventually(() => seen.length, (count) => count >= 5);
    expect(seen).toEqual(["handler true", "object", "once", "handler true", "object"]);
  });

  test("drops what is sent after the close, and counts it", async () => {
    const { socket, client, frames } = await pair();
    socket.close(1000);
    socket.send("12345");
    expect(socket.bufferedAmount).toBeGreaterThan(4);
    client.write(masked(CLOSE, closing(1000)));
    await eventually(() => socket.readyState, (state) => state === 3);
    socket.send("12345");
    socket.close();
    expect(frames()).toEqual(["8:1000"]);
  });

  test("gives close events their code, reason and cleanness", async () => {
    const events: CloseEvent[] = [];
    const { client } = await pair((socket) => socket.onclose = (event) => void events.push(event));
    client.write(masked(CLOSE, closing(4000, "why")));
    const [event] = await eventually(() => events, ({ length }) => length > 0);
    expect(Object.getPrototypeOf(event).constructor.name).toBe("CloseEvent");
    expect([event!.code, event!.reason, event!.wasClean]).toEqual([4000, "why", true]);
  });
});

describe("the server", () => {
  test("counts an open socket, and aborts nothing at its end", async () => {
    const { server, client, request, completed } = await pair();
    await completed;
    expect(server.stats()).toMatchObject({ active: 1, upgraded: 1 });
    client.destroy();
    await eventually(() => server.stats().active, (active) => active === 0);
    expect(server.stats()).toMatchObject({ active: 0, upgraded: 0, rejected: {} });
    expect(request.signal.aborted).toBe(false);
  });

  test("counts it among maxConnections", async () => {
    const { server, errors } = await pair(undefined, { maxConnections: 1 });
    const other = connect((server.addr as { port: number }).port, "127.0.0.1");
    other.on("error", () => {}).write(requestOf({}), "latin1");
    // Refused with 503, or left to wait where the runtime can do that.
    const [error] = await eventually(() => errors, ({ length }) => length > 0);
    expect((error as ScgiError).code).toBe("TOO_MANY_CONNECTIONS");
    other.destroy();
  });

  test("counts refused handshakes, and warns of each kind once", async () => {
    const { server, errors } = await pair();
    const { port } = server.addr as { port: number };
    for (let count = 0; count < 3; count++) {
      const other = connect(port, "127.0.0.1");
      let reply = "";
      other.on("data", (bytes) => reply += bytes.toString("latin1")).on("error", () => {});
      other.write(requestOf({ variables: { SERVER_SOFTWARE: "Apache/2.4.1", ...HANDSHAKE } }));
      await eventually(() => reply, (text) => text.startsWith("Status: 501 "));
      other.destroy();
    }
    expect(server.stats().rejected).toEqual({ UPGRADE_REFUSED: 3 });
    expect(errors).toHaveLength(1);
  });

  test("reports what listeners throw, with the request", async () => {
    const errors: [unknown, Request | undefined][] = [];
    const { client, request } = await pair(
      (socket) =>
        socket.onmessage = () => {
          throw new Error("broken");
        },
      { onError: (error, request) => void errors.push([error, request]) },
    );
    client.write(masked(TEXT, "x"));
    const [[error, of] = []] = await eventually(() => errors, ({ length }) => length > 0);
    expect((error as Error).message).toBe("broken");
    expect(of).toBe(request);
  });
});
