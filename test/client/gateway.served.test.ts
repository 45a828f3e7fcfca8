/** `gateway()` behind the runtimes' own HTTP servers, which check little of what they are given. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { freePort } from "../support/address.ts";
import { Answering } from "../support/answering.ts";
import { eventually } from "../support/eventually.ts";
import { exchange } from "../support/raw-http.ts";
import { type ServerProcess, servingRuntimes, startScript } from "../support/server.ts";
import { bytes } from "../support/wire.ts";

const OK = "Status: 200 OK\r\nContent-Length: 2\r\n\r\nOK";

describe.each([...servingRuntimes])("a gateway behind %s.serve", (runtime) => {
  let app: Answering;
  let reply = OK;
  let server: ServerProcess;
  let port: number;
  beforeAll(async () => {
    app = await Answering.start((socket) => void socket.end(bytes(reply)));
    port = await freePort();
    server = await startScript(runtime, [
      "test/client/served-gateway.ts",
      `${app.address}`,
      `${port}`,
    ]);
  });
  afterAll(async () => {
    server?.kill("SIGKILL");
    await app?.[Symbol.asyncDispose]();
  });

  const ask = async (line: string, fields = ["Host: h"]) => {
    app.received = "";
    return await exchange(port, [line, ...fields, "Connection: close", "", ""].join("\r\n"));
  };

  test("answers 502 to a control character in the head of a reply, and lives on", async () => {
    for (let code = 0; code <= 0x7f; code = code === 0x1f ? 0x7f : code + 1) {
      if (code === 9 || code === 10) continue;
      const control = String.fromCharCode(code);
      for (const head of [`X: a${control}b`, `X${control}Y: a`, `Status: 200 O${control}K`]) {
        reply = `${head}\r\n\r\nOK`;
        const { status, body } = await ask("GET / HTTP/1.1");
        expect([head, status, body]).toEqual([head, 502, "Bad Gateway\n"]);
      }
    }
    reply = OK;
    expect((await ask("GET / HTTP/1.1")).status).toBe(200);
    await eventually(server.stderr, (text) => text.includes("(REPLY_INVALID)"));
  });

  test("passes the Content-Length of a small reply on", async () => {
    reply = "Content-Type: application/x-own\r\nContent-Length: 2\r\n\r\nOK";
    for (const line of ["GET / HTTP/1.1", "GET / HTTP/1.0", "HEAD / HTTP/1.1", "HEAD / HTTP/1.0"]) {
      const { headers, body } = await ask(line);
      const field = (wanted: string) => headers.filter(([name]) => name === wanted);
      expect(field("content-length")).toEqual([["content-length", "2"]]);
      expect(field("content-type")).toEqual([["content-type", "application/x-own"]]);
      expect([field("transfer-encoding"), body]).toEqual([[], line.startsWith("G") ? "OK" : ""]);
    }
    reply = OK;
  });

  test.each(["Status: 101", "Status: 999", "Content-Length: 2\r\nContent-Length: 3", "X Y: a"])(
    "answers 502 to a reply with %j",
    async (head) => {
      reply = `${head}\r\n\r\nOK`;
      const { status, body } = await ask("GET / HTTP/1.1");
      reply = OK;
      expect([status, body]).toEqual([502, "Bad Gateway\n"]);
    },
  );

  test.each(["", "a b", "a/b", "a?b", "a#b", "u@h", "[::1", "h:99999", "localhost/secret?x="])(
    "answers 400, and no page of the runtime, to the host %j",
    async (host) => {
      const { status, body } = await ask("GET / HTTP/1.1", [`Host: ${host}`]);
      expect([status, body, app.received]).toEqual([400, "Bad Request\n", ""]);
    },
  );

  test("takes a request of HTTP/1.0 without a host", async () => {
    expect((await ask("GET /a/../b?c HTTP/1.0", [])).status).toBe(200);
    const { REQUEST_URI, SERVER_NAME } = app.variables;
    expect([REQUEST_URI, SERVER_NAME]).toEqual(["/b?c", "localhost"]);
  });

  // Bun.serve does not show it.
  if (runtime !== "bun") {
    test("takes the authority of an absolute target", async () => {
      expect((await ask("GET http://other:99/p?q HTTP/1.1")).status).toBe(200);
      const { REQUEST_URI, HTTP_HOST, SERVER_NAME, SERVER_PORT } = app.variables;
      expect([REQUEST_URI, HTTP_HOST, SERVER_NAME, SERVER_PORT])
        .toEqual(["/p?q", "other:99", "other", "99"]);
      expect((await ask("GET http://user:password@other/ HTTP/1.1")).status).toBe(400);
    });
  }

  test("does not take TRACE", async () => {
    const { status, body } = await ask("TRACE / HTTP/1.1");
    expect([status, body, app.received]).toEqual([501, "Not Implemented\n", ""]);
  });
});
