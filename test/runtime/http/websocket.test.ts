/** WebSockets through the HTTP front, byte by byte and with a real client; the same on every runtime. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import { freePort } from "../../support/address.ts";
import { type Answer, Answering, type Kind, kinds } from "../../support/answering.ts";
import { eventually } from "../../support/eventually.ts";
import { exchange, RawConnection } from "../../support/raw-http.ts";
import { runtimes, type ServerProcess, startScript, startServer } from "../../support/server.ts";

const HANDSHAKE = [
  "GET /chat?a HTTP/1.1",
  "Host: h",
  "Connection: keep-alive, Upgrade",
  "Upgrade: WebSocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "",
  "",
].join("\r\n");

/** The head of a switch, with fields that are for the SCGI connection alone. */
const SWITCH = [
  "Status: 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade, X-Hop",
  "X-Hop: 1",
  "Content-Length: 0",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "Set-Cookie: a=1",
  "Set-Cookie: b=2",
  "X-Bytes: \xe9",
  "",
  "",
].join("\r\n");

const BIG = "x".repeat(8_000_000);

describe.each([...runtimes])("scgi gateway with WebSockets (%s)", (runtime) => {
  describe.each([...kinds])("to a %s socket", (kind: Kind) => {
    let app: Answering;
    let answer: Answer;
    let gateway: ServerProcess;
    let port: number;
    beforeAll(async () => {
      app = await Answering.start((socket: Socket) => {
        if (typeof answer === "function") answer(socket);
        else socket.end(Buffer.from(answer as string, "latin1"));
      }, kind);
      port = await freePort();
      const to = typeof app.address === "number"
        ? `${app.address}`
        : `unix:${(app.address as { unix: string }).unix}`;
      gateway = await startScript(runtime, ["src/cli.ts", "gateway", to, "--http", `${port}`]);
    });
    afterAll(async () => {
      await gateway?.stop();
      await app?.[Symbol.asyncDispose]();
    });

    /** A client in a tunnel, and the socket of the app. */
    async function tunnel(early = "", behind = ""): Promise<[RawConnection, Socket]> {
      const { promise, resolve } = Promise.withResolvers<Socket>();
      answer = (socket) => {
        socket.write(Buffer.from(SWITCH + behind, "latin1"));
        resolve(socket);
      };
      const client = new RawConnection(port);
      await client.send(HANDSHAKE + early);
      const socket = await promise;
      await client.until("\r\n\r\n");
      return [client, socket];
    }

    test("asks the app for the upgrade, and passes its head on", async () => {
      const [client] = await tunnel();
      const { variables } = app;
      expect(variables.HTTP_UPGRADE).toBe("websocket");
      expect(variables.HTTP_CONNECTION).toBe("Upgrade");
      expect(variables.HTTP_SEC_WEBSOCKET_KEY).toBe("dGhlIHNhbXBsZSBub25jZQ==");
      expect(variables.HTTP_SEC_WEBSOCKET_VERSION).toBe("13");
      expect([variables.REQUEST_URI, variables.REMOTE_ADDR]).toEqual(["/chat?a", "127.0.0.1"]);
      const [line, ...fields] = client.received.split("\r\n");
      expect(line).toBe("HTTP/1.1 101 Switching Protocols");
      const names = fields.map((field) => field.replace(/^[^:]*/, (name) => name.toLowerCase()));
      expect(names.sort()).toEqual([
        "",
        "",
        "connection: Upgrade",
        "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "set-cookie: a=1",
        "set-cookie: b=2",
        "upgrade: websocket",
        "x-bytes: \xe9",
      ]);
      client.leave();
    });

    test("passes on what comes behind either head, and bytes of each side after it", async () => {
      const [client, socket] = await tunnel("early", "first");
      await client.until("\r\n\r\nfirst");
      await eventually(() => app.body, (text) => text === "early");
      await client.send("\0\xff more");
      await eventually(() => app.body, (text) => text === "early\0\xff more");
      socket.write("second");
      await client.until("firstsecond");
      client.leave();
    });

    test("holds each side back while the other takes nothing, and loses nothing", async () => {
      const [client, socket] = await tunnel();
      client.pause();
      socket.write(BIG.repeat(4));
      const stuck = await steady(() => socket.writableLength);
      expect(stuck).toBeGreaterThan(8_000_000);
      client.resume();
      await eventually(() => client.received.length, (length) => length > 4 * BIG.length);
      socket.pause();
      void client.send(BIG.repeat(4));
      expect(await steady(() => client.unsent)).toBeGreaterThan(8_000_000);
      socket.resume();
      await eventually(() => app.body.length, (length) => length === 4 * BIG.length);
      client.leave();
    });

    test("passes the end of the app on behind its last byte", async () => {
      const [client, socket] = await tunnel();
      socket.end(BIG);
      await client.closed;
      expect(client.received.endsWith("\r\n\r\n" + BIG)).toBe(true);
      await eventually(() => app.open, (open) => open === 0);
    });

    test("passes the end of the client on, and the app's last words behind it", async () => {
      const [client, socket] = await tunnel();
      const ended = new Promise((resolve) => socket.once("end", resolve));
      socket.removeAllListeners("end");
      socket.once("end", () => socket.end("last"));
      const seen = new Promise((resolve) => socket.once("end", resolve));
      await client.end();
      await Promise.race([ended, seen]);
      await client.closed;
      expect(client.received).toEndWith("last");
    });

    // It takes two seconds.
    test.if(kind === "TCP")("closes a tunnel of which a side alone has ended", async () => {
      const [client, socket] = await tunnel();
      socket.removeAllListeners("end");
      await client.end();
      await client.closed;
      socket.destroy();
    });

    test("passes a failure on to either side", async () => {
      const [left, socket] = await tunnel();
      const gone = new Promise((resolve) => socket.once("close", resolve));
      left.reset();
      await gone;
      const [client, failing] = await tunnel();
      failing.destroy();
      await client.closed;
    });

    test("passes an ordinary response on, and closes", async () => {
      const refusals = [
        "Status: 426\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\nno",
        "Status: 403 No\r\nContent-Length: 2\r\n\r\nno",
      ];
      for (const text of refusals) {
        answer = text;
        const { status, body, headers, complete } = await exchange(port, HANDSHAKE + "early");
        expect([status, body, complete]).toEqual([text.includes("426") ? 426 : 403, "no", true]);
        expect(new Map(headers).get("connection")).toBe("close");
      }
      answer = "Status: 200\r\n\r\n" + BIG;
      expect((await exchange(port, HANDSHAKE)).body).toBe(BIG);
    });

    test("answers an invalid response or request itself", async () => {
      for (const head of ["Status: 100", "Status: 101\r\nX\x01: a", "Status: 999"]) {
        answer = `${head}\r\n\r\n`;
        expect((await exchange(port, HANDSHAKE)).status).toBe(502);
      }
      expect((await exchange(port, HANDSHAKE.replace("Host: h", "Host: a/b"))).status).toBe(400);
    });

    test("tells the app of a client that leaves before the answer", async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      answer = (socket) => void socket.on("close", () => resolve());
      app.received = "";
      const client = new RawConnection(port);
      await client.send(HANDSHAKE);
      await eventually(() => app.received, (text) => text.includes("HTTP_UPGRADE"));
      client.leave();
      await promise;
    });

    test.each([
      ["GET", "h2c", "", "1.1"],
      ["POST", "h2c", "body", "1.1"],
      ["POST", "websocket", "body", "1.1"],
      ["GET", "websocket", "", "1.0"],
      ["OPTIONS", "TLS/1.2, HTTP/1.1", "", "1.1"],
    ])("ignores the upgrade of %s to %s, with the body %j", async (method, to, body, version) => {
      answer = "Status: 200\r\nContent-Length: 2\r\n\r\nOK";
      const client = new RawConnection(port);
      const fields = [
        "Host: h",
        "X: \xe9",
        "Connection: Upgrade, HTTP2-Settings",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
        `Upgrade: ${to}`,
        ...(body === "" ? [] : ["Transfer-Encoding: chunked"]),
      ];
      const chunked = body === "" ? "" : `${body.length}\r\n${body}\r\n`;
      await client.send(
        `${method} /a?b HTTP/${version}\r\n${fields.join("\r\n")}\r\n\r\n${chunked}`,
      );
      if (body !== "") await client.send("2\r\n!?\r\n0\r\n\r\n");
      await client.until("\r\n\r\nOK");
      const { variables } = app;
      expect([variables.REQUEST_METHOD, variables.REQUEST_URI]).toEqual([method, "/a?b"]);
      expect([variables.HTTP_UPGRADE, variables.HTTP_HTTP2_SETTINGS]).toEqual([
        undefined,
        undefined,
      ]);
      expect([variables.HTTP_X, variables.REMOTE_ADDR]).toEqual(["\xe9", "127.0.0.1"]);
      expect(app.body).toBe(body === "" ? "" : `${body}!?`);
      if (version === "1.1") {
        await client.send("GET /second HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.until("OKHTTP/1.1 200");
      }
      client.leave();
    });

    test("logs a tunnel at its end, with its bytes", async () => {
      const [client, socket] = await tunnel();
      const before = gateway.stdout().length;
      socket.end("12345");
      await client.closed;
      const log = await eventually(() => gateway.stdout().slice(before), (text) => /\n/.test(text));
      expect(log).toMatch(/"GET \/chat\?a HTTP\/1\.1" 101 5 /);
    });
  });

  test("closes its tunnels when it stops", async () => {
    await using app = await Answering.start((socket: Socket) => void socket.write(SWITCH));
    const port = await freePort();
    const words = ["src/cli.ts", "gateway", `${app.address}`, "--http", `${port}`];
    const gateway = await startScript(runtime, words);
    const client = new RawConnection(port);
    await client.send(HANDSHAKE);
    await client.until("101 Switching");
    await gateway.stop();
    await client.closed;
    await eventually(() => app.open, (open) => open === 0);
  });
});

describe.each([...runtimes])("scgi serve --http with WebSockets (%s)", (runtime) => {
  let server: ServerProcess;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    server = await startServer({
      runtime,
      module: "test/behaviour/websocket-app.ts",
      listen: `127.0.0.1:${await freePort()}`,
      args: ["--http", `${port}`],
    });
    await eventually(server.stdout, (text) => text.includes("Open "));
  });
  afterAll(() => server?.stop());

  async function open(target: string): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`, ["chat"]);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    });
    return socket;
  }

  const closing = (socket: WebSocket) =>
    new Promise<CloseEvent>((resolve) => socket.onclose = resolve);

  test("carries messages up to 1 MiB both ways", async () => {
    const socket = await open("/echo");
    expect(socket.protocol).toBe("chat");
    for (const text of ["hello", "", "𝄞".repeat(100), "x".repeat(1_048_576)]) {
      const echoed = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
      socket.send(text);
      expect(await echoed).toBe(text);
    }
    const closed = closing(socket);
    socket.close(3456, "done");
    const { code, reason, wasClean } = await closed;
    expect([code, reason, wasClean]).toEqual([3456, "done", true]);
  });

  test("passes the app's close on, and messages before it", async () => {
    const socket = await open("/close?code=4000&reason=enough");
    const { code, reason, wasClean } = await closing(socket);
    expect([code, reason, wasClean]).toEqual([4000, "enough", true]);
  });

  test("passes a refusal on", async () => {
    const handshake = HANDSHAKE.replace("Version: 13", "Version: 8");
    const { status, headers } = await exchange(port, handshake.replace("/chat", "/echo"));
    expect([status, new Map(headers).get("sec-websocket-version")]).toEqual([426, "13"]);
  });

  test("closes WebSockets with 1001 when the server stops", async () => {
    const socket = await open("/echo");
    const closed = closing(socket);
    await server.stop();
    const { code, wasClean } = await closed;
    expect([code, wasClean]).toEqual([1001, true]);
  });
});

/** A number once it is the same for a while: nothing moves any more. */
async function steady(measure: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  return await eventually(() => {
    const now = measure();
    same = now === last ? same + 1 : 0;
    last = now;
    return now;
  }, () => same >= 20);
}
