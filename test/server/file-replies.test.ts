/** Responses whose body is a file of Bun, compared whole with what Bun.serve sends. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { serve } from "../../src/server/serve.ts";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { call, callUnrecorded } from "../support/call.ts";
import { exchange, RawConnection } from "../support/raw-http.ts";
import { onBun } from "../support/runtime.ts";
import { request as requestBytes } from "../support/wire.ts";

interface File extends Blob {
  slice(...args: [number, number?, string?]): File;
}
declare const Bun: {
  file(path: string | URL, options?: { type: string }): File;
  serve(options: object): { readonly port: number; stop(force: boolean): void };
};

/** A request, and what the app answers it with. */
interface Case {
  body: string;
  method?: string;
  /** Fields of the request. */
  fields?: Record<string, string>;
  init?: ResponseInit;
  /** What the app does with its Response before it returns it. */
  handled?: string;
}

interface Answer {
  status: number;
  headers: string[];
  body: string;
}

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
afterAll(() => removeFolder(folder));
const DIGITS = "0123456789".repeat(10);
const LONG = "0123456789abcdef".repeat(40_000);

const bodies: Record<string, () => BodyInit> = {
  "a file": () => Bun.file(at("digits.txt")),
  "a file by URL": () => Bun.file(new URL(`file://${at("digits.txt")}`)),
  "a long file": () => Bun.file(at("long.mp4")),
  "a part of a long file": () => Bun.file(at("long.mp4")).slice(100, 400_100),
  "an archive": () => Bun.file(at("archive.zip")),
  "a file with a quote in its name": () => Bun.file(at('a "b".zip')),
  "a file with an accent in its name": () => Bun.file(at("é.zip")),
  "a file of JSON": () => Bun.file(at("data.json")),
  "a file with a type": () => Bun.file(at("digits.txt"), { type: "application/x-digits" }),
  "a link": () => Bun.file(at("link.txt")),
  "an empty file": () => Bun.file(at("empty.txt")),
  "a part of an empty file": () => Bun.file(at("empty.txt")).slice(3),
  "a missing file": () => Bun.file(at("missing.txt")),
  "a part of a missing file": () => Bun.file(at("missing.txt")).slice(2, 4),
  "a folder": () => Bun.file(folder),
  "no path": () => Bun.file(""),
  "a part": () => Bun.file(at("digits.txt")).slice(10, 50),
  "a part with a type": () => Bun.file(at("digits.txt")).slice(10, 50, "x/y"),
  "a part of a part": () => Bun.file(at("digits.txt")).slice(10, 50).slice(5, 20),
  "the end": () => Bun.file(at("digits.txt")).slice(90),
  "the end of the end": () => Bun.file(at("digits.txt")).slice(50).slice(40),
  "the start": () => Bun.file(at("digits.txt")).slice(0, 20),
  "all of it as a part": () => Bun.file(at("digits.txt")).slice(0, 100),
  "more than all of it": () => Bun.file(at("digits.txt")).slice(0, 200),
  "a part that goes beyond the end": () => Bun.file(at("digits.txt")).slice(50, 200),
  "a part beyond the end": () => Bun.file(at("digits.txt")).slice(200),
  "a part before the start": () => Bun.file(at("digits.txt")).slice(-10),
  "no byte": () => Bun.file(at("digits.txt")).slice(5, 5),
  "no byte at the start": () => Bun.file(at("digits.txt")).slice(0, 0),
  "one byte": () => Bun.file(at("digits.txt")).slice(5, 6),
  "a part that ends before it begins": () => Bun.file(at("digits.txt")).slice(50, 10),
  "a Blob of a file": () => new Blob([Bun.file(at("digits.txt"))]),
  "a File of a file": () => new File([Bun.file(at("archive.zip"))], "other.zip"),
  "a file that was examined": () => {
    const file = Bun.file(at("digits.txt"));
    void file.size;
    return file;
  },
  "text": () => DIGITS,
  "bytes": () => new TextEncoder().encode(DIGITS),
  "a Blob": () => new Blob([DIGITS]),
  "a File": () => new File([DIGITS], "a.zip"),
};

/** Bodies of no file; that the app has looked at them, or cloned them, shows in their type only there. */
const memory = ["text", "bytes", "a Blob", "a File"];

const handled: Record<string, (response: Response) => Response> = {
  "returned": (response) => response,
  "looked at": (response) => (void response.body, response),
  "copied": (response) => new Response(response.body, response),
  "wrapped": ({ body, status, headers }) => new Response(body, { status, headers }),
  "wrapped twice": ({ body }) => new Response(new Response(body).body),
  "of its stream": ({ body }) => new Response(body, { headers: { etag: "x" } }),
  "cloned": (response) => response.clone(),
  "a clone of a clone": (response) => response.clone().clone(),
  "of a class": (response) => {
    class Own extends Response {}
    return new Own(response.body, response);
  },
};

function app(request: Request): Response {
  const { body, init, handled: how } = JSON.parse(
    decodeURIComponent(new URL(request.url).search.slice(1)),
  ) as Case;
  return handled[how ?? "returned"]!(new Response(bodies[body]!(), init));
}
const failed = () => new Response("failed", { status: 500 });

let server: { readonly port: number; stop(force: boolean): void } | undefined;

/** What Bun.serve answers. */
async function native(request: Case): Promise<Answer> {
  const { method = "GET", fields = {} } = request;
  const lines = [
    `${method} ${target(request)} HTTP/1.1`,
    "Host: h",
    "Connection: close",
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
  ];
  const reply = await exchange(server!.port, `${lines.join("\r\n")}\r\n\r\n`);
  const headers = reply.headers.map(([name, value]) => `${name}: ${value}`);
  return compared(method, reply.status, headers, reply.body);
}

/** What is answered over SCGI. */
async function ours(request: Case): Promise<Answer> {
  const { method = "GET", fields = {} } = request;
  const variables = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      `HTTP_${name.toUpperCase().replaceAll("-", "_")}`,
      // As a web server hands it on.
      value.replace(/^[ \t]+|[ \t]+$/g, ""),
    ]),
  );
  const uri = target(request);
  const reply = await call(app, { method, uri, variables, onError: failed });
  return compared(method, parseInt(reply.status), reply.headers, reply.body);
}

function query(request: Case): string {
  return encodeURIComponent(JSON.stringify(request));
}

function target(request: Case): string {
  return `/?${query(request)}`;
}

function compared(method: string, status: number, headers: string[], body: string): Answer {
  const joined = new Headers(
    headers.map((line): [string, string] => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  for (const name of ["date", "connection"]) joined.delete(name);
  // HEAD has the type that GET has.
  if (method === "HEAD") joined.delete("content-type");
  return { status, headers: [...joined].map((field) => field.join(": ")), body };
}

async function expectSame(request: Case): Promise<void> {
  const [expected, got] = await Promise.all([native(request), ours(request)]);
  expect(got).toEqual(expected);
}

describe.if(onBun)("a file is sent as Bun.serve sends it", () => {
  beforeAll(() => {
    for (const name of ["digits.txt", "archive.zip", 'a "b".zip', "é.zip"]) {
      writeFileSync(at(name), DIGITS);
    }
    writeFileSync(at("long.mp4"), LONG);
    writeFileSync(at("data.json"), "{}");
    writeFileSync(at("empty.txt"), "");
    symlinkSync("digits.txt", at("link.txt"));
    server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app, error: failed });
  });
  afterAll(() => server?.stop(true));

  const one = { Range: "bytes=2-5" };
  const tag = '"a"';
  const date = "Tue, 01 Jan 2030 00:00:00 GMT";

  for (const body of Object.keys(bodies)) {
    test(`${body}`, async () => {
      await expectSame({ body });
      await expectSame({ body, fields: one });
      await expectSame({ body, fields: one, init: { headers: { "x-own": "1" } } });
      await expectSame({ body, fields: one, init: { status: 404 } });
      await expectSame({ body, fields: one, method: "POST" });
      for (const how of Object.keys(handled)) {
        if (/looked|clone/.test(how) && memory.includes(body)) continue;
        await expectSame({ body, fields: one, handled: how });
        await expectSame({ body, handled: how });
      }
      // Bun declares what a device or a folder, which cannot be sent, has for a length.
      if (body !== "a folder") await expectSame({ body, fields: one, method: "HEAD" });
    });
  }

  const ranges = [
    ...["0-", "5-", "-5", "-0", "-500", "95-500", "100-", "99-", "100-200", "0-0,5-6", "5-2"],
    ...["", "a-b", "-", "1", " 1-2", "1 - 2", "1-2 ", "1-2,", ",1-2", "0-99", "0-100", "+1-2"],
    ...["01-02", "0-99999999999999999999999", "99999999999999999999-", "18446744073709551615-"],
    ...[
      "-18446744073709551616",
      "9007199254740993-",
      "200-100",
      "1_0-2_0",
      "0x1-2",
      "1-2-3",
      "--5",
      "\t1-2",
    ],
  ].map((range) => `bytes=${range}`);
  for (const range of [...ranges, "", "bytes", "BYTES=1-2", "bytes =1-2", "items=1-2"]) {
    test(`the range ${JSON.stringify(range)}`, async () => {
      for (const body of ["a file", "an empty file", "the start"]) {
        await expectSame({ body, fields: { Range: range } });
      }
    });
  }

  for (const condition of [tag, `W/${tag}`, date, date.toLowerCase(), "a", "junk", ""]) {
    test(`a range under the condition ${JSON.stringify(condition)}`, async () => {
      const fields = { ...one, "If-Range": condition };
      const headers = [{}, { etag: tag }, { etag: `W/${tag}` }, { etag: "a" }, {
        "last-modified": date,
      }, { etag: '"b"', "last-modified": date }];
      for (const own of headers) {
        await expectSame({ body: "a file", fields, init: { headers: own } });
      }
    });
  }

  const PLAIN = { "content-type": "text/plain;charset=utf-8" };
  const own: Record<string, string>[] = [
    { "content-range": "bytes 0-1/9" },
    { "accept-ranges": "none" },
    { "accept-ranges": "bytes" },
    { "content-length": "7" },
    { "content-length": "500" },
    { "content-type": "x/z" },
    { "content-type": "TEXT/HTML" },
    PLAIN,
    { "content-type": "application/json;charset=utf-8" },
    { "content-disposition": "inline" },
    { "content-encoding": "gzip" },
    { "etag": tag, "last-modified": date },
  ];
  for (const headers of own) {
    test(`a file with the fields ${JSON.stringify(headers)}`, async () => {
      for (const body of ["a file", "a part", "an archive"]) {
        for (const range of [undefined, "bytes=2-5", "bytes=200-"]) {
          const fields: Record<string, string> = range === undefined ? {} : { Range: range };
          for (const method of ["GET", "HEAD"]) {
            await expectSame({ body, method, fields, init: { headers } });
          }
        }
      }
    });
  }

  for (const status of [200, 201, 203, 206, 299, 301, 404, 416, 500]) {
    test(`a file with the status ${status}`, async () => {
      for (const body of ["a file", "a part"]) {
        for (const init of [{ status }, { status, headers: { "content-range": "x" } }]) {
          await expectSame({ body, init });
          await expectSame({ body, init, fields: one });
        }
      }
    });
  }

  test("the type that a file has anyway counts as a field, however it is given", async () => {
    const type = "text/plain;charset=utf-8";
    for (
      const headers of [[["Content-Type", type]], { "Content-Type": type }] as [string, string][][]
    ) {
      await expectSame({ body: "a part", init: { headers } });
      await expectSame({ body: "a file", fields: { Range: "bytes=200-" }, init: { headers } });
    }
  });

  test("conditional requests are the app's to answer", async () => {
    const fields = { "If-None-Match": tag, "If-Modified-Since": date, "If-Match": '"b"' };
    await expectSame({ body: "a file", fields, init: { headers: { etag: tag } } });
    await expectSame({ body: "a file", fields: { ...fields, ...one } });
  });

  test("a range of no file, whose stream is passed on", async () => {
    const upstream = () => fetch(`http://127.0.0.1:${server!.port}/?${query({ body: "text" })}`);
    const variables = { HTTP_RANGE: "bytes=2-5" };
    const replies = [
      await call(async () => new Response((await upstream()).body), { variables }),
      await call(() => new Response(new Blob([DIGITS]).stream()), { variables }),
      await call(() => new Response(new Response(DIGITS).body, { status: 200 }), { variables }),
    ];
    for (const { status, body } of replies) expect([status, body]).toEqual(["200 OK", DIGITS]);
  });

  test("a stream is cancelled that was looked at for a file", async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    const pull = (controller: ReadableStreamDefaultController) =>
      controller.enqueue(new Uint8Array(9));
    const upstream = Bun.serve({
      port: 0,
      fetch: () => new Response(new ReadableStream({ pull, cancel: () => resolve() })),
    });
    const app = async () => {
      const { body } = await fetch(`http://127.0.0.1:${upstream.port}/`);
      return new Response(body);
    };
    const own = serve(app, { port: 0 });
    await own.ready;
    const connection = new RawConnection((own.addr as { port: number }).port);
    await connection.send(requestBytes(["HTTP_RANGE", "bytes=2-5"]));
    await connection.until("\r\n\r\n");
    await connection.leave();
    await cancelled;
    await own.shutdown();
    upstream.stop(true);
  });

  test("any request", async () => {
    const position = fc.oneof(fc.constant(""), fc.integer({ min: 0, max: 120 }).map(String));
    const range = fc.tuple(position, position).map(([first, last]) => `bytes=${first}-${last}`);
    const some = (names: object) => fc.constantFrom(...Object.keys(names));
    const files = Object.keys(bodies).filter((body) =>
      body !== "a folder" && body !== "no path" && !memory.includes(body)
    );
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          body: fc.constantFrom(...files),
          method: fc.constantFrom("GET", "GET", "HEAD", "POST", "PUT"),
          fields: fc.record({
            Range: fc.oneof(range, range, fc.constantFrom(...ranges)),
            "If-Range": fc.constantFrom(tag, date, "junk"),
          }, { requiredKeys: [] }),
          init: fc.record({
            status: fc.constantFrom(200, 200, 201, 206, 404),
            headers: fc.constantFrom({}, ...own),
          }, { requiredKeys: [] }),
          handled: some(handled),
          // A clone does not tell whether the type that its file has anyway was set.
        }).filter(({ body, method, handled, init }) =>
          (!/clone/.test(handled) || !("content-type" in (init?.headers ?? {}))) &&
          // Bun declares a length of 0 for the stream of a file that is missing.
          (method !== "HEAD" || !/missing/.test(body))
        ),
        expectSame,
      ),
      { numRuns: 300 },
    );
  });
});

describe.if(onBun)("a file that is kept", () => {
  const path = at("kept.txt");
  const write = (length: number) => writeFileSync(path, DIGITS.slice(0, length));
  const lengths = async (file: Blob) => {
    const sent: string[] = [];
    for (const method of ["GET", "HEAD"]) {
      const { status, headers, body } = await call(() => new Response(file), {
        method,
        onError: failed,
      });
      const length = headers.find((line) => line.startsWith("content-length"));
      sent.push(`${parseInt(status)} ${length} ${body.length}`);
    }
    return sent;
  };

  const kept: Record<string, [file: () => File, offset: number]> = {
    "whole": [() => Bun.file(path), 0],
    "from a byte on": [() => Bun.file(path).slice(3), 3],
    "in a Blob": [() => new Blob([Bun.file(path)]) as File, 0],
    "in a File": [() => new File([Bun.file(path)], "a.txt") as unknown as File, 0],
  };
  for (const [name, [make, offset]] of Object.entries(kept)) {
    test(`${name} has the length that it has when it is sent`, async () => {
      write(20);
      const file = make();
      for (const length of [20, 30, 10, 50]) {
        write(length);
        const status = offset === 0 ? 200 : 206;
        expect(await lengths(file)).toEqual([
          `${status} content-length: ${length - offset} ${length - offset}`,
          `200 content-length: ${length - offset} 0`,
        ]);
        expect((await new Response(file.stream()).text()).length).toBe(length - offset);
        rmSync(path);
        expect((await lengths(file))[0]).toStartWith("500 ");
      }
    });
  }

  test("is sent several times at once", async () => {
    write(100);
    const file = Bun.file(path);
    const app = () => new Response(file);
    const replies = await Promise.all(Array.from({ length: 20 }, () => call(app)));
    expect(replies.map(({ body }) => body)).toEqual(Array(20).fill(DIGITS));
  });

  test("in a Response is sent once, and a HEAD does not count", async () => {
    write(20);
    const response = new Response(Bun.file(path));
    expect(parseInt((await call(() => response, { method: "HEAD" })).status)).toBe(200);
    expect((await call(() => response)).body.length).toBe(20);
    expect(parseInt((await call(() => response)).status)).toBe(500);
  });

  test("in a Response from before the server is sent as any other", async () => {
    write(20);
    const response = new Response(Bun.file(path));
    const head = await call(() => response, { method: "HEAD" });
    expect(head.headers).toContain("content-length: 20");
    const variables = { HTTP_RANGE: "bytes=5-" };
    expect((await call(() => response.clone(), { variables })).body).toBe(DIGITS.slice(5, 20));
    const unrecorded = await callUnrecorded(() => new Response(Bun.file(path)), { variables });
    expect(unrecorded.body).toBe(DIGITS.slice(5, 20));
    expect((await call(() => fetch(`file://${path}`), { variables })).body)
      .toBe(DIGITS.slice(5, 20));
  });

  test("in /proc is sent whole, though its size is 0", async () => {
    const file = Bun.file("/proc/self/comm");
    const variables = { HTTP_RANGE: "bytes=0-0" };
    const expected = await file.text();
    expect(expected.length).toBeGreaterThan(0);
    expect((await call(() => new Response(file), { variables })).body).toBe(expected);
  });

  test("as a pipe is sent as it is written", async () => {
    const pipe = at("pipe");
    execFileSync("mkfifo", [pipe]);
    const writer = spawn("sh", ["-c", 'printf piped > "$0"', pipe]);
    expect((await call(() => new Response(Bun.file(pipe)))).body).toBe("piped");
    writer.kill();
  });

  /** What a client gets that begins to read, changes the file, and reads on. */
  async function changed(change: (path: string) => void) {
    const long = at("changing.bin");
    writeFileSync(long, Buffer.alloc(64_000_000, 65));
    const errors: unknown[] = [];
    const server = serve(() => new Response(Bun.file(long)), {
      port: 0,
      onError: (error) => void errors.push((error as { code?: unknown }).code),
    });
    await server.ready;
    const socket = connect((server.addr as { port: number }).port, "127.0.0.1");
    let [size, head] = [0, ""];
    socket.write(requestBytes());
    await new Promise<void>((resolve) =>
      socket.once("data", (bytes: Uint8Array) => {
        socket.pause();
        head = String(bytes).split("\r\n\r\n")[0]!;
        size = bytes.length - head.length - 4;
        resolve();
      })
    );
    change(long);
    socket.on("error", () => {}).on("data", (bytes: Uint8Array) => size += bytes.length).resume();
    await new Promise((resolve) => socket.on("close", resolve));
    await server.shutdown();
    expect(head).toContain("content-length: 64000000");
    return { size, errors };
  }

  test("that becomes shorter while it is sent does not look complete", async () => {
    const { size, errors } = await changed((path) => truncateSync(path, 5));
    expect(size).toBeLessThan(64_000_000);
    expect(errors).toEqual(["RESPONSE_LENGTH"]);
  });

  test("that becomes longer while it is sent has the length that it had", async () => {
    const { size, errors } = await changed((path) => appendFileSync(path, "more"));
    expect(size).toBe(64_000_000);
    expect(errors).toEqual([]);
  });

  test("that is replaced while it is sent is sent as it was", async () => {
    const { size, errors } = await changed((path) => {
      rmSync(path);
      writeFileSync(path, "another");
    });
    expect(size).toBe(64_000_000);
    expect(errors).toEqual([]);
  });
});
