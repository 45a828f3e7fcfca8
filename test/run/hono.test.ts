/** Hono's helpers, over HTTP and over SCGI. */

import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { sign } from "hono/jwt";
import { eventually } from "../support/eventually.ts";
import { parseReply, RawConnection } from "../support/raw-http.ts";
import { type Runtime, servingRuntimes } from "../support/server.ts";
import {
  ask,
  askRaw,
  type BothOptions,
  comparable,
  type Compare,
  type Compared,
  describeBoth,
  type Side,
} from "./both.ts";
import type { Row } from "./rows.ts";

const friend = "Origin: https://friend.test";
const foe = "Origin: https://foe.test";
const [token, forged, expired] = await Promise.all([
  sign({ sub: "ada" }, "a secret", "HS256"),
  sign({ sub: "ada" }, "another secret", "HS256"),
  sign({ sub: "ada", exp: 1 }, "a secret", "HS256"),
]);

for (const runtime of servingRuntimes) {
  const script = `test/run/apps/hono-${runtime}.ts`;

  describeBoth("Hono in a server script", { script, on: [runtime] }, (compare) => {
    compareHelpers(compare, runtime);

    compare.same(
      "Hono: `c.env`, `c.executionCtx`",
      "c.env is what the server gives beside the request",
      async (side) => {
        const reply = await ask(side, "GET /server");
        expect(JSON.parse(reply.body)).toEqual(
          runtime === "bun"
            ? { address: "127.0.0.1", busy: true, protocol: "http" }
            : { transport: "tcp", hostname: "127.0.0.1", completed: true },
        );
        return reply;
      },
    );

    compare.same(
      "Hono: `c.env`, `c.executionCtx`",
      "c.executionCtx throws, as nothing gives Hono one",
      async (side) => {
        const reply = await ask(side, "GET /context");
        expect(reply).toMatchObject({ status: 500, body: "This context has no ExecutionContext" });
        return reply;
      },
    );
  });

  const flags = ["--binding", "GREETING=hello"];
  const served: BothOptions = { script, command: "serve", flags, on: [runtime] };
  describeBoth("Hono served by scgi serve", served, (compare, _, both) => {
    compareHelpers(compare, runtime);

    test("c.env has the CGI variables and the bindings, and nothing else among its keys", async () => {
      const { body } = await ask(both().scgi, "GET /variables?x=1");
      const { keys, ...env } = JSON.parse(body);
      expect(env).toMatchObject({
        SCGI: "1",
        REQUEST_METHOD: "GET",
        REQUEST_URI: "/variables?x=1",
        QUERY_STRING: "x=1",
        REMOTE_ADDR: "127.0.0.1",
        HTTP_HOST: "app.test",
        GREETING: "hello",
      });
      expect(keys).not.toContain("remoteAddr");
      expect(keys).not.toContain("requestIP");
      expect(Object.keys(env).sort()).toEqual(keys.sort());
    });

    test("c.executionCtx.waitUntil takes work that goes on after the reply", async () => {
      const { scgi } = both();
      const { waitUntil } = await counts(scgi);
      expect(await ask(scgi, "GET /context")).toMatchObject({ status: 200, body: "answered" });
      expect((await counts(scgi)).waitUntil).toBe(waitUntil!);
      await openGate(scgi);
      await eventually(() => counts(scgi), (now) => now.waitUntil === waitUntil! + 1);
    });
  });
}

/** Declares a test of a reply whose status is known, and that is the same on both. */
type Replies = (
  row: Row,
  name: string,
  status: number,
  send: (side: Side) => Promise<Compared>,
  check?: (reply: Compared) => unknown,
) => void;

/** What has to be so, whatever command serves the app. */
function compareHelpers(compare: Compare, runtime: Runtime): void {
  const replies: Replies = (row, name, status, send, check) =>
    compare.same(row, name, async (side) => {
      const reply = await send(side);
      expect(reply.status).toBe(status);
      check?.(reply);
      return runtime === "bun" ? withoutImpliedType(reply) : reply;
    });
  compareAddress(compare, runtime);
  compareFiles(compare, runtime, replies);
  compareStreams(compare);
  compareLimit(replies);
  compareCors(replies);
  compareEtag(replies);
  compareCompress(compare, runtime, replies);
  compareAuth(replies);
  compareLogger(compare);
  compareTimeout(replies);
}

function compareAddress(compare: Compare, runtime: Runtime): void {
  compare.same(
    "Hono: `getConnInfo`",
    `getConnInfo of hono/${runtime} gives the browser's address`,
    async (side) => {
      const { port, ...who } = JSON.parse((await ask(side, "GET /who")).body);
      expect(who).toEqual(
        runtime === "bun"
          ? { address: "127.0.0.1", addressType: "IPv4" }
          : { address: "127.0.0.1", transport: "tcp" },
      );
      expect(port).toBeGreaterThan(0);
      return who;
    },
  );
}

function compareFiles(compare: Compare, runtime: Runtime, replies: Replies): void {
  const row = "Hono: `serveStatic`";
  const files = {
    "index.html": "text/html; charset=utf-8",
    "": "text/html; charset=utf-8",
    "note.txt": "text/plain; charset=utf-8",
    "script.js": "text/javascript; charset=utf-8",
  };
  for (const [file, type] of Object.entries(files)) {
    for (const method of ["GET", "HEAD"]) {
      replies(
        row,
        `serveStatic answers ${method} /static/${file} with a file`,
        200,
        (side) => ask(side, `${method} /static/${file}`),
        ({ headers, body }) => {
          expect(headers).toContain(`content-type: ${type}`);
          expect(body === "").toBe(method === "HEAD");
        },
      );
    }
  }
  if (runtime === "bun") {
    compare.same(row, "serveStatic tells the length of a file", async (side) => {
      const { headers } = await askRaw(side.port, "GET /static/script.js");
      expect(headers).toContainEqual(["content-length", "26"]);
    });
  }

  const refused = {
    "a file that is missing": "GET /static/none.txt",
    "a file that is outside": "GET /static/../hono.ts",
    "a file that is outside, with an escaped slash": "GET /static/..%2fhono.ts",
    "a file that is outside, with escaped dots": "GET /static/%2e%2e/hono.ts",
    "a file that is outside, with a backslash": "GET /static/..\\hono.ts",
    "a method that writes": "POST /static/note.txt",
  };
  for (const [what, request] of Object.entries(refused)) {
    const name = `serveStatic gives nothing for ${what}`;
    replies(row, name, 404, (side) => ask(side, request));
  }
  compare.same(row, "a path that climbs above the site reaches no file", async (side) => {
    const { status } = await ask(side, "GET /static/../../../../../../../etc/hostname");
    // nginx refuses it by itself, with 400.
    expect(status).toBeOneOf([400, 404]);
  });

  const part = (side: Side) => ask(side, "GET /static/script.js", ["Range: bytes=0-5"]);
  const whole = { status: 200, body: "export const answer = 42;\n" };
  const expected = runtime === "bun" ? { status: 206, body: "export" } : whole;
  const does = runtime === "bun" ? "answers a range of a file" : "leaves a range aside";
  compare.same(row, `serveStatic ${does}`, async (side) => {
    const reply = await part(side);
    expect(reply).toMatchObject(expected);
    return reply;
  });
}

function compareLimit(replies: Replies): void {
  const row = "Hono: `bodyLimit`";
  const short = "x".repeat(1000);
  const long = "x".repeat(1001);
  const ways = { "with its length declared": ask, "in chunks": askChunked };
  for (const [way, send] of Object.entries(ways)) {
    replies(
      row,
      `bodyLimit lets a body ${way} through`,
      200,
      (side) => send(side, "POST /limited", [], short),
      ({ body }) => expect(body).toBe(short),
    );
    replies(
      row,
      `bodyLimit refuses a longer body ${way}`,
      413,
      (side) => send(side, "POST /limited", [], long),
      ({ body }) => expect(body).toBe("Payload Too Large"),
    );
    replies(
      row,
      `bodyLimit refuses a longer body ${way}, as the app wants it`,
      413,
      (side) => send(side, "POST /limited/own", [], long),
      ({ body }) => expect(JSON.parse(body)).toEqual({ error: "too long" }),
    );
    replies(
      row,
      `bodyLimit leaves a form ${way} readable`,
      200,
      (side) => {
        const type = "Content-Type: application/x-www-form-urlencoded";
        return send(side, "POST /limited/own", [type], "name=a+value");
      },
      ({ body }) => expect(JSON.parse(body)).toEqual({ name: "a value" }),
    );
  }
}

const ofHeaders = "Hono: `cors`, `etag`, `compress`";

function compareCors(replies: Replies): void {
  replies(
    ofHeaders,
    "cors answers a preflight",
    204,
    (side) => {
      const asked = ["Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-own"];
      return ask(side, "OPTIONS /cors/any", [friend, ...asked]);
    },
    ({ headers }) => {
      expect(headers).toContain("access-control-allow-origin: *");
      expect(headers).toContain("access-control-allow-headers: x-own");
    },
  );
  replies(
    ofHeaders,
    "cors answers a preflight with what one origin may",
    204,
    (side) => ask(side, "OPTIONS /cors/one", [friend, "Access-Control-Request-Method: PUT"]),
    ({ headers }) => {
      expect(headers).toContain("access-control-allow-origin: https://friend.test");
      expect(headers).toContain("access-control-max-age: 600");
    },
  );
  replies(
    ofHeaders,
    "cors lets one origin see a reply",
    200,
    (side) => ask(side, "GET /cors/one", [friend]),
    ({ headers }) => expect(headers).toContain("access-control-allow-origin: https://friend.test"),
  );
  for (const request of ["OPTIONS /cors/one", "GET /cors/one"]) {
    replies(
      ofHeaders,
      `cors lets no other origin pass (${request})`,
      request.startsWith("GET") ? 200 : 204,
      (side) => ask(side, request, [foe]),
      ({ headers }) => expect(headers.join()).not.toContain("access-control-allow-origin"),
    );
  }
}

function compareEtag(replies: Replies): void {
  for (const method of ["GET", "HEAD"]) {
    replies(
      ofHeaders,
      `etag tags the reply to ${method}`,
      200,
      (side) => ask(side, `${method} /etag/text`),
      ({ headers }) => expect(tagOf(headers)).toMatch(/^"[0-9a-f]{40}"$/),
    );
    replies(
      ofHeaders,
      `etag answers ${method} with 304 where the browser has the reply`,
      304,
      async (side) => {
        const tag = tagOf((await ask(side, "GET /etag/text")).headers);
        return ask(side, `${method} /etag/text`, [`If-None-Match: "old", ${tag}`]);
      },
      ({ body }) => expect(body).toBe(""),
    );
  }
  replies(
    ofHeaders,
    "etag answers whole where the browser has something else",
    200,
    (side) => ask(side, "GET /etag/text", ['If-None-Match: "old"']),
    ({ body }) => expect(body).toBe("tagged"),
  );
  replies(
    ofHeaders,
    "etag leaves no other header in a 304",
    304,
    (side) => ask(side, "GET /etag/weak", ['If-None-Match: "own"']),
    ({ headers }) => expect(headers).toEqual(['etag: W/"own"']),
  );
}

function compareCompress(compare: Compare, runtime: Runtime, replies: Replies): void {
  const gzip = "Accept-Encoding: gzip, br";
  for (const kind of ["html", "json", "tagged"]) {
    replies(
      ofHeaders,
      `compress compresses ${kind}`,
      200,
      async (side) => unzipped(await ask(side, `GET /compress/${kind}`, [gzip])),
      ({ headers, body }) => {
        expect(headers).toContain("content-encoding: gzip");
        expect(body).toContain("what is said again and again, what is said");
      },
    );
  }
  const plain: [what: string, request: string, headers: string[]][] = [
    ["for who takes no compression", "GET /compress/html", []],
    ["for who takes another", "GET /compress/html", ["Accept-Encoding: br"]],
    ["what is short", "GET /compress/short", [gzip]],
    ["what is an image", "GET /compress/image", [gzip]],
    ["the reply to HEAD", "HEAD /compress/html", [gzip]],
  ];
  for (const [what, request, fields] of plain) {
    replies(
      ofHeaders,
      `compress does not compress ${what}`,
      200,
      (side) => ask(side, request, fields),
      ({ headers }) => expect(headers.join()).not.toContain("content-encoding"),
    );
  }
  const text = (side: Side) => ask(side, "GET /compress/text", [gzip]);
  if (runtime === "bun") {
    compare.same(
      ofHeaders,
      "compress does not see the type of what c.text gives, and leaves it as it is",
      async (side) => {
        const reply = await text(side);
        expect(reply.body).toStartWith("what is said");
        return reply;
      },
    );
  } else {
    compare.same(ofHeaders, "compress compresses text", async (side) => {
      const reply = await text(side);
      expect(reply.headers).toContain("content-encoding: gzip");
      return unzipped(reply);
    });
  }
}

function compareAuth(replies: Replies): void {
  const row = "Hono: `basicAuth`, `jwt`";
  const credentials = (password: string) =>
    `Authorization: Basic ${Buffer.from(`ada:${password}`).toString("base64")}`;
  for (const fields of [[], [credentials("wrong")]]) {
    replies(
      row,
      `basicAuth refuses ${fields.length === 0 ? "who does not say who" : "a wrong password"}`,
      401,
      (side) => ask(side, "GET /basic", fields),
      ({ headers }) => expect(headers).toContain('www-authenticate: Basic realm="the engine"'),
    );
  }
  replies(
    row,
    "basicAuth lets in who knows the password",
    200,
    (side) => ask(side, "GET /basic", [credentials("lövelace")]),
    ({ body }) => expect(body).toBe("let in"),
  );

  const tokens: Record<string, string[]> = {
    "no token": [],
    "what is no token": ["Authorization: Bearer x.y.z"],
    "another kind of token": [credentials("lövelace")],
    "a forged token": [`Authorization: Bearer ${forged}`],
    "an expired token": [`Authorization: Bearer ${expired}`],
  };
  for (const [what, fields] of Object.entries(tokens)) {
    replies(
      row,
      `jwt refuses ${what}`,
      401,
      (side) => ask(side, "GET /jwt", fields),
      ({ headers }) =>
        expect(headers.join()).toContain('www-authenticate: Bearer realm="http://app.test/jwt"'),
    );
  }
  replies(
    row,
    "jwt hands on what a token says",
    200,
    (side) => ask(side, "GET /jwt", [`Authorization: Bearer ${token}`]),
    ({ body }) => expect(JSON.parse(body)).toEqual({ sub: "ada" }),
  );
}

function compareLogger(compare: Compare): void {
  compare.same("Hono: `logger`, `timeout`", "logger writes lines to stdout", async (side) => {
    await ask(side, "GET /logged/text?a=b");
    await ask(side, "GET /logged/none");
    const lines = await eventually(() => logged(side), ({ length }) => length >= 4);
    expect(lines).toEqual([
      "<-- GET /logged/text?a=b",
      "--> GET /logged/text?a=b 200",
      "<-- GET /logged/none",
      "--> GET /logged/none 404",
    ]);
  });
}

function compareTimeout(replies: Replies): void {
  replies(
    "Hono: `logger`, `timeout`",
    "timeout answers for a handler that takes too long",
    504,
    (side) => ask(side, "GET /timeout/never"),
    ({ body }) => expect(body).toBe("Gateway Timeout"),
  );
  replies(
    "Hono: `logger`, `timeout`",
    "timeout leaves a quick handler alone",
    200,
    (side) => ask(side, "GET /timeout/quick"),
    ({ body }) => expect(body).toBe("quick"),
  );
}

function compareStreams(compare: Compare): void {
  const row = "Hono: `stream`, `streamText`, `streamSSE` with `onAbort`";
  const paths = {
    stream: "/plain/stream",
    streamText: "/plain/streamText",
    streamSSE: "/plain/streamSSE",
  };

  for (const [kind, path] of Object.entries(paths)) {
    compare.same(row, `what ${kind} writes leaves at once`, async (side) => {
      const connection = await begin(side, path);
      await connection.until("one ");
      expect(connection.received).not.toContain("two");
      await openGate(side);
      return await end(connection);
    });

    compare.same(row, `onAbort of ${kind} runs once the browser leaves`, async (side) => {
      const before = (await counts(side))[kind]!;
      const connection = await begin(side, `/endless/${kind}`);
      await connection.until("one ");
      expect((await counts(side))[kind]).toBe(before);
      connection.leave();
      await eventually(() => counts(side), (now) => now[kind]! > before);
      expect((await counts(side))[kind]).toBe(before + 1);
    });
  }

  compare.same(row, "what fails in streamSSE is told as an event", async (side) => {
    const reply = await ask(side, "GET /broken/streamSSE");
    expect(reply.body).toContain("event: mended\ndata: a detail\n\nevent: error\ndata: a detail");
    return reply;
  });
}

/** Asks for a stream. */
async function begin(side: Side, path: string): Promise<RawConnection> {
  const connection = new RawConnection(side.port);
  await connection.send(`GET ${path} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n`);
  return connection;
}

/** What a stream was, when it has come to its end. */
async function end(connection: RawConnection): Promise<Compared> {
  await connection.closed;
  const reply = parseReply(connection.received);
  expect(reply).toMatchObject({ status: 200, complete: true });
  expect(reply.body).toMatch(/one[^]*two/);
  const compared = comparable(reply);
  // It is for nginx, which takes it off.
  const headers = compared.headers.filter((header) => header !== "x-accel-buffering: no");
  return { ...compared, headers };
}

/** Lets go on what waits for it. */
async function openGate(side: Side): Promise<void> {
  expect((await ask(side, "POST /open")).body).toBe("open");
}

/** How often each thing has happened in the app. */
async function counts(side: Side): Promise<Record<string, number>> {
  return JSON.parse((await ask(side, "GET /counts")).body);
}

/** What `logger` has written, without the times. */
function logged({ child }: Side): string[] {
  const lines = child.stdout.split("\n").filter((line) => line.includes(" /logged/"));
  return lines.map((line) => line.replace(/ \d+m?s$/, ""));
}

/** The same as `ask`, with a body whose length is not declared. */
async function askChunked(
  { port }: Side,
  request: string,
  headers: string[],
  body: string,
): Promise<Compared> {
  const lines = [
    `${request} HTTP/1.1`,
    "Host: app.test",
    "Connection: close",
    "Transfer-Encoding: chunked",
    ...headers,
  ];
  const [first, rest] = [body.slice(0, 10), body.slice(10)];
  const chunks = [first, rest, ""].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  const connection = new RawConnection(port);
  await connection.send(`${lines.join("\r\n")}\r\n\r\n${chunks.join("")}`);
  // Deno's own server answers at once, but keeps the connection until it forgets what is unread.
  const received = await eventually(() => connection.received, isWhole);
  connection.leave();
  return comparable(parseReply(received));
}

function isWhole(received: string): boolean {
  return received.includes("\r\n\r\n") && parseReply(received).complete;
}

function tagOf(headers: string[]): string | undefined {
  return headers.find((header) => header.startsWith("etag: "))?.slice("etag: ".length);
}

function unzipped(reply: Compared): Compared {
  return { ...reply, body: gunzipSync(Buffer.from(reply.body, "latin1")).toString() };
}

/** Bun.serve forgets the type of a string that Hono has put into a second Response. */
function withoutImpliedType(reply: Compared): Compared {
  if (reply.status < 400 && reply.body !== "") return reply;
  const implied = "content-type: text/plain;charset=UTF-8";
  return { ...reply, headers: reply.headers.filter((header) => header !== implied) };
}
