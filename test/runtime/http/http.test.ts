/** What the HTTP front makes of requests byte by byte, and of replies; the same on every runtime. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import { serveHttp } from "../../../src/runtime/http/http.ts";
import { freePort } from "../../support/address.ts";
import { type Answer, Answering } from "../../support/answering.ts";
import { eventually } from "../../support/eventually.ts";
import { exchange, RawConnection, type RawReply } from "../../support/raw-http.ts";
import {
  type Runtime,
  runtimes,
  type ServerProcess,
  spawnScript,
  startScript,
  startServer,
} from "../../support/server.ts";
import { bytes } from "../../support/wire.ts";

const OK = "Status: 200 OK\r\nContent-Length: 2\r\n\r\nOK";

/** Hosts that are none. */
const BAD_HOSTS = [
  ...["", "  ", "a b", "a/b", "a?b", "a#b", "a\\b", "a\tb", "a,b", "a%2fb", "%41", "h\xe9", "*"],
  ...["user@host", "user:password@host", "localhost/app/secret?x=", "localhost/app/secret#"],
  ...["[::1", "::1", "[::1]x", "[1.2.3.4]", "h:abc", "h:99999", "h:80:80", "xn--a"],
];

/** Punycode that decodes to nothing, which the URL of Node takes from version 24 on. */
const isTaken = (runtime: Runtime, text: string) => runtime === "node" && text.includes("xn--a");

/** Targets that a client may not send. */
const BAD_TARGETS = [
  ...[
    "*",
    "app",
    "app/x",
    "?x",
    "#x",
    "\\app",
    "h:80",
    "http:/app",
    "http:app",
    "http://",
    "http:///app",
  ],
  ...["http://user:password@h/app", "http://user@h/app", "http://a b/app", "http://h:99999/app"],
  ...["http://xn--a/app", "http://%41/app", "https://h/app", "ftp://h/app", "foo:bar"],
  ...["/app\x01", "/app\x7f", "/app\t", "/app\0", "/app x", "/app\xe9"],
];

/** Targets, and the path and the authority that the app sees. */
const TARGETS: [target: string, uri: string, authority?: string][] = [
  ["/app/a%20b?c=d&e", "/app/a%20b?c=d&e"],
  ["/app?", "/app?"],
  ["/app//evil/x", "/app//evil/x"],
  ["/app/\\evil", "/app/%5Cevil"],
  ["/app/a%2Fb", "/app/a%2Fb"],
  ["/app/x/../y", "/app/y"],
  ["/app/x/%2e%2E/y", "/app/y"],
  ["/app/x#y?z", "/app/x"],
  ["/app/x?y#z", "/app/x?y"],
  ["http://other:99/app/p?q", "/app/p?q", "other:99"],
  ["HTTP://OTHER/app", "/app", "OTHER"],
  ["http://[::1]:5/app", "/app", "[::1]:5"],
  ["http://other/app#x", "/app", "other"],
];

/** Targets that lead out of the base path, as they stand or once they are decoded. */
const OUTSIDE = [
  ...["/", "/secret", "/apple", "//app/x", "/app/../secret", "/app/%2e%2e/secret", "/app/.%2E"],
  ...["/app\\..\\secret", "/app/..\\secret", "/app/..%5Csecret", "/app%2F..%2Fsecret"],
  ...["/app/..%2Fsecret", "/app/%2e%2e%2fsecret", "/app/x%2F..%2F..%2Fsecret", "/%61pp/x"],
  ...["http://h/secret", "http://h/app/../secret", "http://h", "http://h?/app/"],
];

describe.each([...runtimes])("The HTTP front (%s)", (runtime) => {
  let app: Answering;
  let answer: Answer = OK;
  let front: ServerProcess;
  let port: number;
  beforeAll(async () => {
    app = await Answering.start((socket: Socket) => {
      if (typeof answer === "function") answer(socket);
      else socket.end(typeof answer === "string" ? bytes(answer) : answer);
    });
    port = await freePort();
    const words = ["gateway", `${app.address}`, "--http", `${port}`, "--base-path", "/app"];
    front = await startScript(runtime, ["src/cli.ts", ...words]);
  });
  afterAll(async () => {
    await front?.stop();
    await app?.[Symbol.asyncDispose]();
  });

  /** Sends a request of these lines; what the app sees of it is in `app`. */
  async function ask(line: string, fields: string[] = ["Host: h"], body = ""): Promise<RawReply> {
    app.received = "";
    const lines = [line, ...fields, "Connection: close", "", body];
    return await exchange(port, lines.join("\r\n"));
  }

  /** The status; nothing else is told, and the app was not asked. */
  async function refusal(line: string, fields?: string[], body?: string): Promise<number> {
    const reply = await ask(line, fields, body);
    expect(reply.body).toMatch(/^(?:[A-Z][A-Za-z ]+\n)?$/);
    expect(app.received).toBe("");
    return reply.status;
  }

  test.each(BAD_HOSTS.filter((host) => !isTaken(runtime, host)))(
    "refuses the host %j",
    async (host) => {
      expect(await refusal("GET /app HTTP/1.1", [`Host: ${host}`])).toBe(400);
      expect(await refusal("GET http://h/app HTTP/1.1", [`Host: ${host}`])).toBe(400);
    },
  );

  test("refuses a request without a host, and with two of them", async () => {
    expect(await refusal("GET /app HTTP/1.1", [])).toBe(400);
    expect(await refusal("GET http://h/app HTTP/1.1", [])).toBe(400);
    expect(await refusal("GET /app HTTP/1.1", ["Host: h", "Host: h"])).toBe(400);
    expect(await refusal("GET /app HTTP/1.1", ["Host: h", "Host: g"])).toBe(400);
    expect(await refusal("GET /app HTTP/1.0", ["Host: a/b"])).toBe(400);
  });

  test("answers a refusal with one line of plain text", async () => {
    const { status, headers, body } = await ask("GET /app HTTP/1.1", ["Host: a/b"]);
    expect([status, body]).toEqual([400, "Bad Request\n"]);
    expect(new Map(headers).get("content-type")).toBe("text/plain;charset=UTF-8");
    await eventually(front.stderr, (text) => text === "");
  });

  test("takes a request of HTTP/1.0 without a host as its own", async () => {
    expect((await ask("GET /app HTTP/1.0", [])).status).toBe(200);
    const { REQUEST_URI, HTTP_HOST, SERVER_NAME, SERVER_PORT } = app.variables;
    expect([REQUEST_URI, HTTP_HOST, SERVER_NAME, SERVER_PORT])
      .toEqual(["/app", `localhost:${port}`, "localhost", `${port}`]);
  });

  test.each(BAD_TARGETS.filter((target) => !isTaken(runtime, target)))(
    "refuses the target %j",
    async (target) => {
      expect(await refusal(`GET ${target} HTTP/1.1`)).toBe(400);
    },
  );

  test.each(TARGETS)("passes the target %j on as %s", async (target, uri, authority = "h") => {
    expect((await ask(`GET ${target} HTTP/1.1`)).status).toBe(200);
    const { REQUEST_URI, HTTP_HOST, SERVER_NAME, SERVER_PORT, HTTPS } = app.variables;
    const { hostname, port } = new URL(`http://${authority}`);
    expect([REQUEST_URI, HTTP_HOST]).toEqual([uri, authority]);
    expect([SERVER_NAME, SERVER_PORT, HTTPS])
      .toEqual([hostname.replace(/[[\]]/g, ""), port || "80", undefined]);
  });

  test.each(OUTSIDE)("finds nothing at %j, outside of its base path", async (target) => {
    expect(await refusal(`GET ${target} HTTP/1.1`)).toBe(404);
  });

  test.each(["TRACE /app", "CONNECT h:80", "CONNECT /app"])("does not take %s", async (start) => {
    expect(await refusal(`${start} HTTP/1.1`)).toBe(501);
  });

  test.each(["TRACK", "get", "A\x01", "A@B", ""])("does not take the method %j", async (method) => {
    expect(await refusal(`${method} /app HTTP/1.1`)).toBe(400);
  });

  test.each(["OPTIONS", "PROPFIND", "QUERY", "M-SEARCH", "DELETE"])(
    "passes the method %s on",
    async (method) => {
      expect((await ask(`${method} /app HTTP/1.1`)).status).toBe(200);
      expect(app.variables.REQUEST_METHOD).toBe(method);
    },
  );

  test("refuses a body whose end or coding would be another one behind it", async () => {
    const chunked = "2\r\nab\r\n0\r\n\r\n";
    const both = ["Host: h", "Content-Length: 5", "Transfer-Encoding: chunked"];
    expect(await refusal("POST /app HTTP/1.1", both, chunked)).toBe(400);
    const two = ["Host: h", "Content-Length: 2", "Content-Length: 3"];
    expect(await refusal("POST /app HTTP/1.1", two, "abc")).toBe(400);
    const gzip = ["Host: h", "Transfer-Encoding: gzip, chunked"];
    expect(await refusal("POST /app HTTP/1.1", gzip, chunked)).toBe(501);
  });

  test("lets an upload go on that waits for that", async () => {
    const connection = new RawConnection(port);
    const fields = "Host: h\r\nConnection: close\r\nContent-Length: 2\r\nExpect: 100-continue";
    await connection.send(`POST /app HTTP/1.1\r\n${fields}\r\n\r\n`);
    await connection.until("HTTP/1.1 100 Continue\r\n\r\n");
    await connection.send("ab");
    await connection.closed;
    expect(connection.received).toContain("HTTP/1.1 200 OK\r\n");
    expect([app.body, app.variables.HTTP_EXPECT]).toEqual(["ab", undefined]);
  });

  test("drops the body of a GET, and trailers", async () => {
    expect((await ask("GET /app HTTP/1.1", ["Host: h", "Content-Length: 2"], "ab")).status).toBe(
      200,
    );
    expect(app.variables.CONTENT_LENGTH).toBe("0");
    const fields = ["Host: h", "Transfer-Encoding: chunked"];
    const chunked = "2\r\nab\r\n0\r\nHost: evil\r\nX-Trailer: 1\r\n\r\n";
    expect((await ask("POST /app HTTP/1.1", fields, chunked)).status).toBe(200);
    const { CONTENT_LENGTH, HTTP_HOST, HTTP_X_TRAILER } = app.variables;
    expect([CONTENT_LENGTH, HTTP_HOST, HTTP_X_TRAILER]).toEqual(["2", "h", undefined]);
    expect(app.body).toBe("ab");
  });

  test("refuses fields that are none, and passes bytes over 0x7F on", async () => {
    for (
      const field of ["X: a\x01b", "X: a\x7fb", "X: a\0b", "X : a", "X(: a", "X\xe9: a", ": a", "X"]
    ) {
      expect(await refusal("GET /app HTTP/1.1", ["Host: h", field])).toBe(400);
    }
    const fields = [
      "Host: h",
      "X-Bytes: \xe9\xff",
      "X_Y: 1",
      "Proxy: evil",
      "Cookie: a",
      "Cookie: b",
    ];
    expect((await ask("GET /app HTTP/1.1", fields)).status).toBe(200);
    const { HTTP_X_BYTES, HTTP_X_Y, HTTP_PROXY, HTTP_COOKIE } = app.variables;
    expect([HTTP_X_BYTES, HTTP_X_Y, HTTP_PROXY, HTTP_COOKIE])
      .toEqual(["\xe9\xff", undefined, undefined, "a; b"]);
  });

  test("refuses a head that is too long, and one of too many fields", async () => {
    expect(await refusal(`GET /${"a".repeat(100_000)} HTTP/1.1`)).toBe(431);
    const many = Array.from({ length: 3000 }, (_, index) => `X-${index}: 1`);
    expect(await refusal("GET /app HTTP/1.1", ["Host: h", ...many])).toBe(431);
  });

  test("does not begin another protocol than the WebSocket one", async () => {
    const fields = ["Host: h", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];
    const lines = ["GET /app HTTP/1.1", ...fields, "Connection: Upgrade, close", "", ""];
    const { status, headers } = await exchange(port, lines.join("\r\n"));
    expect([status, new Map(headers).get("upgrade")]).toEqual([200, undefined]);
    expect(app.variables.HTTP_UPGRADE).toBeUndefined();
  });

  test("keeps each request of a connection by itself, the last of them bad", async () => {
    const connection = new RawConnection(port);
    await connection.send(
      "GET /app/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /app/2 HTTP/1.1\r\nHost: a/b\r\n\r\n" +
        "GET /app/3 HTTP/1.1\r\nHost: h\r\n\r\n",
    );
    await connection.closed;
    const statuses = [...connection.received.matchAll(/HTTP\/1\.1 ([0-9]+)/g)];
    expect(statuses.map(([, status]) => status)).toEqual(["200", "400"]);
  });

  /** What comes back for a reply of the SCGI server. */
  async function replied(reply: Answer, line = "GET /app HTTP/1.1"): Promise<RawReply> {
    answer = reply;
    try {
      return await ask(line);
    } finally {
      answer = OK;
    }
  }

  test("a reply has its Content-Length, also for HEAD and for HTTP/1.0", async () => {
    for (const length of [0, 2, 300_000]) {
      const head = `Status: 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
      const body = "x".repeat(length);
      const answers: Answer[] = [head + body, (socket) => {
        // The head alone, as of a program that flushes it first.
        socket.write(head);
        setTimeout(() => socket.end(body), 20);
      }];
      for (const answer of answers) {
        for (const method of ["GET", "HEAD"]) {
          for (const version of ["1.0", "1.1"]) {
            const reply = await replied(answer, `${method} /app HTTP/${version}`);
            const framing = reply.headers.filter(([name]) =>
              name === "content-length" || name === "transfer-encoding"
            );
            expect([method, version, framing])
              .toEqual([method, version, [["content-length", `${length}`]]]);
            expect(reply.body).toBe(method === "HEAD" ? "" : body);
          }
        }
      }
    }
  });

  test("a control character in the head of a reply is a 502", async () => {
    const before = front.stderr().length;
    let count = 0;
    for (let code = 0; code <= 0x7f; code = code === 0x1f ? 0x7f : code + 1) {
      if (code === 9 || code === 10) continue;
      const control = String.fromCharCode(code);
      const heads = [`X: a${control}b`, `X${control}Y: a`, `Set-Cookie: a=b${control}`];
      for (const head of [...heads, `Status: 200 O${control}K`]) {
        const { status, body } = await replied(`${head}\r\nContent-Length: 2\r\n\r\nOK`);
        expect([head, status, body]).toEqual([head, 502, "Bad Gateway\n"]);
        count++;
      }
    }
    const lines = await eventually(
      () => front.stderr().slice(before).split("\n").slice(0, -1),
      ({ length }) => length >= count,
    );
    expect(lines.length).toBe(count);
    for (const line of lines) expect(line).toMatch(/^scgi: .* \(REPLY_INVALID\)$/);
  });

  test.each([
    ...["Status: 101", "Status: 100", "Status: 099", "Status: 600", "Status: 999", "Status: x"],
    ...["X Y: a", "X(: a", "X\xe9: a", ": a", "X", "X: a\r\n b"],
    ...["Content-Length: 2\r\nContent-Length: 3", "Content-Length: -1"],
    ...[
      "Content-Length: 99999999999999999999",
      "HTTP/1.1 103 Early Hints",
      "X: ".padEnd(70_000, "a"),
    ],
  ])("a reply with %p is a 502", async (head) => {
    const { status, body } = await replied(`${head}\r\n\r\nOK`);
    expect([status, body]).toEqual([502, "Bad Gateway\n"]);
    expect((await ask("GET /app HTTP/1.1")).status).toBe(200);
  });

  test("passes a TAB, bytes over 0x7F and each Set-Cookie of a reply on", async () => {
    const { headers } = await replied(
      "X: a\tb\r\nX-Bytes: \xe9\xff\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nOK",
    );
    expect(headers.filter(([name]) => /^(?:x|set)/.test(name)).sort()).toEqual([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x", "a\tb"],
      ["x-bytes", "\xe9\xff"],
    ]);
  });

  test("a reply without a body declares none that a client would wait for", async () => {
    for (const status of [204, 205]) {
      const reply = await replied(`Status: ${status}\r\nContent-Length: 2\r\n\r\nOK`);
      const length = new Map(reply.headers).get("content-length") ?? "0";
      expect([reply.status, reply.body, length]).toEqual([status, "", "0"]);
    }
    const head = await replied(OK, "HEAD /app HTTP/1.1");
    expect([head.body, new Map(head.headers).get("content-length")]).toEqual(["", "2"]);
  });

  test("a reply that is not whole does not look so", async () => {
    const short = await replied("Content-Length: 5\r\n\r\nOK");
    expect([short.status, short.body, short.complete]).toEqual([200, "OK", false]);
    const breaks = (socket: Socket) => {
      socket.write("Status: 200\r\n\r\nOK");
      setTimeout(() => socket.resetAndDestroy(), 50);
    };
    const cut = await replied(breaks);
    expect([cut.status, cut.body, cut.complete]).toEqual([200, "OK", false]);
    const later = await replied((socket) => {
      socket.write("Content-Length: 2\r\n\r\nOK");
      setTimeout(() => socket.end("more"), 50);
    });
    expect([later.status, later.body]).toEqual([200, "OK"]);
  });

  test("an upload that is not wanted does not take the reply away", async () => {
    app.onData = (socket) => socket.end("Status: 413\r\nContent-Length: 2\r\n\r\nNO");
    const fields = ["Host: h", "Content-Length: 3000000"];
    const reply = await ask("POST /app HTTP/1.1", fields, "x".repeat(3_000_000));
    app.onData = undefined;
    expect([reply.status, reply.body]).toEqual([413, "NO"]);
  });
});

describe.each([...runtimes])("The HTTP front of scgi serve (%s)", (runtime) => {
  test("refuses what has no URL, and stops at once with connections that are idle", async () => {
    const [listen, port] = [`127.0.0.1:${await freePort()}`, await freePort()];
    const args = ["--http", String(port), "--shutdown-timeout", "600000"];
    const server = await startServer({ runtime, module: "test/cli/commands/app.ts", listen, args });
    await eventually(server.stdout, (text) => text.includes("Open "));
    const get = (host: string) =>
      exchange(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect((await get("a/b")).body).toBe("Bad Request\n");
    expect(JSON.parse((await get("h")).body).url).toBe("http://h/");
    const [kept, silent] = [new RawConnection(port), new RawConnection(port)];
    await kept.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await kept.until("200 OK");
    await server.stop();
    await kept.closed;
    // Bun accepts none that sends nothing, and so none is told.
    silent.leave();
    expect(server.stderr()).toBe("");
  });
});

test("a permission that Deno is not given ends scgi gateway with one line that says which", async () => {
  const port = await freePort();
  const words = ["src/cli.ts", "gateway", "4000", "--http", `${port}`];
  const child = spawnScript("deno", words, { permissions: ["--allow-net=127.0.0.1:4000"] });
  expect([await child.exited, child.stdout]).toEqual([1, ""]);
  expect(child.stderr).toMatch(/^scgi: The HTTP front cannot listen on [^\n]+\n$/);
  expect(child.stderr).toContain(`--allow-net=127.0.0.1:${port}`);
});

test("a handler that throws, and what cannot be sent, is a 500 without a detail", async () => {
  const handlers = [
    () => Promise.reject(new Error("secret")),
    () => Promise.resolve(new Response("x", { headers: { "x-secret": "a\x01b" } })),
    () => Promise.resolve(undefined as unknown as Response),
  ];
  for (const handler of handlers) {
    const server = await serveHttp({ hostname: "127.0.0.1", port: 0 }, handler);
    const reply = await exchange(server.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await server.close();
    expect([reply.status, reply.body]).toEqual([500, "Internal Server Error\n"]);
    expect(JSON.stringify(reply.headers)).not.toContain("secret");
  }
});
