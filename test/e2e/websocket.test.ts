/**
 * WebSockets behind real web servers: nginx passes them on, and lighttpd from 1.4.74 on; the others
 * refuse them at once.
 */

import { execFileSync } from "node:child_process";
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { closing, masked, TEXT } from "../support/frames.ts";
import { describeWith, requireTool } from "../support/require.ts";
import { runtimes } from "../support/server.ts";
import { describeStacks, type Stack, startStack } from "../support/stack.ts";
import type { WebServerName } from "../support/web-server.ts";

const module = "test/behaviour/websocket-app.ts";

/** Opens a socket with this runtime's own client. */
function open(stack: Stack, target: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(stack.web.origin.replace("http", "ws") + target, protocols);
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(socket));
    socket.addEventListener("close", ({ code }) => reject(new Error(`closed with ${code}`)));
  });
}

/** The next message of a socket. */
function message(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) =>
    socket.addEventListener("message", ({ data }) => resolve(data), { once: true })
  );
}

/** The close of a socket. */
function closed(socket: WebSocket): Promise<[code: number, reason: string, clean: boolean]> {
  return new Promise((resolve) =>
    socket.addEventListener(
      "close",
      ({ code, reason, wasClean }) => resolve([code, reason, wasClean]),
    )
  );
}

async function log(stack: Stack, id: string): Promise<string[]> {
  const ask = async () => await (await fetch(`${stack.web.origin}/log/${id}`)).json() as string[];
  return await eventually(ask, (events) => events.some((event) => event.startsWith("close")));
}

let ids = 0;
const newId = () => `id${++ids}`;

/** A handshake as a client sends it, and bytes in the same write. */
function handshake(stack: Stack, target: string, ...more: Buffer[]): Buffer {
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: 127.0.0.1:${stack.web.port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), ...more]);
}

/** Whether a web server that is installed here passes WebSockets on. */
function carries(web: WebServerName): boolean {
  if (web !== "lighttpd") return web === "nginx";
  const version = execFileSync(requireTool("lighttpd"), ["-v"], { encoding: "utf8" });
  const [, minor = 0, patch = 0] = /lighttpd\/1\.(\d+)\.(\d+)/.exec(version)!.map(Number);
  return minor > 4 || patch >= 74;
}

describeStacks("WebSockets", { module }, (stack, { web }) => {
  if (!carries(web)) {
    test("are refused at once, with a sentence that names the web server", async () => {
      const reply = await fetch(`${stack().web.origin}/echo`, {
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
      });
      const text = await reply.text();
      expect(reply.status).toBe(501);
      expect(text).toMatch(web === "apache" ? /Apache\/2\.4\.\d+/ : /lighttpd/);
    });

    test("fail in a client, which does not hang", async () => {
      const socket = new WebSocket(`${stack().web.origin.replace("http", "ws")}/echo`);
      const [code] = await closed(socket);
      expect(code).not.toBe(1000);
    });
    return;
  }

  test("carry texts, bytes and 1 MiB, with a subprotocol", async () => {
    const id = newId();
    const socket = await open(stack(), `/echo?id=${id}`, ["other", "chat"]);
    expect(socket.protocol).toBe("chat");
    for (const text of ["hello", "", "𝄞".repeat(100), "x".repeat(1_048_576)]) {
      const echoed = message(socket);
      socket.send(text);
      expect(await echoed).toBe(text);
    }
    const echoed = message(socket);
    socket.send(new Uint8Array([0, 1, 255]));
    expect(new Uint8Array(await echoed as ArrayBuffer)).toEqual(new Uint8Array([0, 1, 255]));
    const end = closed(socket);
    socket.close(3456, "done");
    expect(await end).toEqual([3456, "done", true]);
    expect(await log(stack(), id)).toEqual(["0", "open 1 chat", "close 3 3456 done clean"]);
  });

  test("are closed by the app with its code", async () => {
    const socket = await open(stack(), `/close?id=${newId()}&code=4000&reason=enough`);
    expect(await closed(socket)).toEqual([4000, "enough", true]);
  });

  test("carry frames that come with the handshake, and tell of a client that leaves", async () => {
    const id = newId();
    const frames = [masked(TEXT, "one"), masked(TEXT, "two")];
    const client = connect(stack().web.port, "127.0.0.1");
    let received = "";
    client.on("data", (bytes) => received += bytes.toString("latin1"));
    client.write(handshake(stack(), `/echo?id=${id}&late`, ...frames));
    await eventually(() => received, (text) => text.endsWith("\x81\x03one\x81\x03two"));
    client.destroy();
    expect((await log(stack(), id)).at(-1)).toBe("close 3 1006  unclean");
  });

  test("are pinged, and closed where the client does not answer", async () => {
    const client = connect(stack().web.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    client.on("data", (bytes: Buffer) => chunks.push(bytes));
    const ended = new Promise<void>((resolve) => client.on("end", () => resolve()));
    client.write(handshake(stack(), `/echo?id=${newId()}&idle=0.6`));
    await ended;
    const received = Buffer.concat(chunks);
    const tunnelled = received.subarray(received.indexOf("\r\n\r\n") + 4);
    expect(tunnelled.subarray(0, 2)).toEqual(Buffer.from([0x89, 0]));
    expect(tunnelled.subarray(4).indexOf(closing(1001))).toBe(0);
    client.destroy();
  });

  test("hold the app back where a client takes nothing", async () => {
    const id = newId();
    const buffered = async () =>
      Number(await (await fetch(`${stack().web.origin}/buffered/${id}`)).text());
    const client = connect(stack().web.port, "127.0.0.1").pause();
    client.write(handshake(stack(), `/flood?id=${id}&mib=32`));
    await eventually(
      async () =>
        (await (await fetch(`${stack().web.origin}/log/${id}`)).json() as string[]).length,
      (count) => count > 1,
    );
    expect(await buffered()).toBeGreaterThan(8 * 1_048_576);
    let count = 0;
    client.on("data", (bytes) => count += bytes.length).resume();
    await eventually(() => count, (received) => received > 32 * 1_048_576);
    expect(await eventually(buffered, (bytes) => bytes === 0)).toBe(0);
    client.destroy();
  });

  test("run 200 at once", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 200 }, () => open(stack(), `/echo?id=${newId()}`)),
    );
    const echoed = await Promise.all(sockets.map((socket, index) => {
      const next = message(socket);
      socket.send(`${index}`);
      return next;
    }));
    expect(echoed).toEqual(sockets.map((_, index) => `${index}`));
    const ends = await Promise.all(sockets.map((socket) => {
      const end = closed(socket);
      socket.close(1000);
      return end;
    }));
    expect(ends.filter(([code, , clean]) => code === 1000 && clean)).toHaveLength(200);
  });

  test("leave nothing in the web server's error log", () => {
    expect(stack().web.errors()).toEqual([]);
  });
});

describeWith("nginx", "a server that stops", () => {
  test.each(runtimes)("closes WebSockets with 1001, and then ends (nginx, %s)", async (runtime) => {
    await using stack = await startStack(runtime, "TCP", { module });
    const socket = await open(stack, `/echo?id=${newId()}`);
    const end = closed(socket);
    stack.server.kill("SIGTERM");
    const [code, , clean] = await end;
    expect([code, clean]).toEqual([1001, true]);
    expect(await stack.server.exited).toBe(0);
  }, 30_000);
});
