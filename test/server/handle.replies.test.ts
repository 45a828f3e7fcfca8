/** Replies as a web server gets them, a test for each sentence that needs no socket. */

import { describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { Hono } from "hono";
import { ScgiError } from "../../src/errors.ts";
import { call, callUnrecorded } from "../support/call.ts";
import { eventually } from "../support/eventually.ts";
import { here, onBun } from "../support/runtime.ts";
import { bytes, text } from "../support/wire.ts";

const encoder = new TextEncoder();
/** What the runtime's own server says of a text, and of bytes. */
const TEXT = `content-type: text/plain;charset=${onBun ? "utf-8" : "UTF-8"}`;
const BYTES = onBun ? ["content-type: application/octet-stream"] : [];
/** What nginx is told of a stream that it is to pass on as it is made. */
const UNBUFFERED = "x-accel-buffering: no";

/** A stream of these chunks, each after a wait where one is said. */
function stream(chunks: unknown[], wait?: number): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    async pull(controller) {
      if (wait !== undefined) await sleep(wait);
      const chunk = left.shift();
      if (chunk instanceof Error) controller.error(chunk);
      else if (chunk === undefined) controller.close();
      else controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk as never);
    },
  }, { highWaterMark: 0 });
}

/** The codes of what was reported. */
const codes = (errors: { error: unknown }[]) =>
  errors.map(({ error }) => error instanceof ScgiError ? error.code : String(error));

describe("the body arrives, with its length, of", () => {
  const bodies: [what: string, body: () => BodyInit | null, sent: string, headers: string[]][] = [
    ["a string", () => "héllo", "h\xc3\xa9llo", [TEXT, "content-length: 6"]],
    ["an empty string", () => "", "", [...(onBun ? [] : [TEXT]), "content-length: 0"]],
    ["half a character", () => "\ud83d!", "\xef\xbf\xbd!", [TEXT, "content-length: 4"]],
    ["null", () => null, "", ["content-length: 0"]],
    ["bytes", () => bytes("h\xe9\0") as never, "h\xe9\0", [...BYTES, "content-length: 3"]],
    [
      "a part of bytes",
      () => bytes("hello").subarray(1, 3) as never,
      "el",
      [...BYTES, "content-length: 2"],
    ],
    ["no bytes", () => new Uint8Array(), "", ["content-length: 0"]],
    ["an ArrayBuffer", () => bytes("hello").buffer as never, "hello", [
      ...BYTES,
      "content-length: 5",
    ]],
    ["a Blob", () => new Blob(["one", "two"]), "onetwo", [
      ...(onBun ? [TEXT] : []),
      "content-length: 6",
    ]],
    [
      "a Blob with a type",
      () => new Blob(["x"], { type: "image/png" }),
      "x",
      ["content-type: image/png", "content-length: 1"],
    ],
    [
      "a form",
      () => new URLSearchParams({ a: "b c" }),
      "a=b+c",
      ["content-type: application/x-www-form-urlencoded;charset=UTF-8", "content-length: 5"],
    ],
    ["a stream that is there already", () => stream(["one", "two"]), "onetwo", [
      "content-length: 6",
    ]],
    ["a stream of nothing", () => stream([]), "", ["content-length: 0"]],
    ["a stream of empty chunks", () => stream(["", "a", ""]), "a", ["content-length: 1"]],
    [
      "a stream of strings",
      () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue("hé");
            controller.close();
          },
        }),
      "h\xc3\xa9",
      ["content-length: 3"],
    ],
  ];
  for (const [what, body, sent, headers] of bodies) {
    test(what, async () => {
      const reply = await call(() => new Response(body()));
      expect(reply).toEqual({ status: "200 OK", headers, body: sent, errors: [] });
    });
  }

  test("Response.json, with the runtime's type", async () => {
    const type = `content-type: application/json${onBun ? ";charset=utf-8" : ""}`;
    const { headers, body } = await call(() => Response.json({ a: "é" }));
    expect(body).toBe('{"a":"\xc3\xa9"}');
    expect(headers).toEqual([type, "content-length: 10"]);
  });

  test("a form with files", async () => {
    const form = new FormData();
    form.set("file", new File(["content"], "name.txt"));
    const { headers, body } = await call(() => new Response(form));
    expect(headers[0]).toMatch(/^content-type: multipart\/form-data; ?boundary=/);
    // Deno reads a file in another turn of the event loop, which the head does not wait for.
    if (onBun) expect(headers[1]).toBe(`content-length: ${body.length}`);
    expect(body).toContain("content");
  });

  test("a clone, and a Response that a middleware wraps", async () => {
    const expected = { headers: [TEXT, "content-length: 5"], body: "hello" };
    expect(await call(() => new Response("hello").clone())).toMatchObject(expected);
    const wrap = (inner: Response) => new Response(inner.body, inner);
    // Bun knows of its body that it is bytes, and no more that they were a text.
    const wrapped = onBun ? { ...expected, headers: [...BYTES, "content-length: 5"] } : expected;
    expect(await call(() => wrap(new Response("hello")))).toMatchObject(wrapped);
    expect(await call(() => wrap(wrap(new Response("hello"))))).toMatchObject(wrapped);
  });

  test("a Response whose clone was read", async () => {
    const { body, headers } = await call(async () => {
      const response = new Response("hello");
      await response.clone().text();
      return response;
    });
    expect(body).toBe("hello");
    expect(headers).toContain("content-length: 5");
  });

  test("a stream that comes later, without a length", async () => {
    const reply = await call(() => new Response(stream(["one", "two"], 2)));
    expect(reply).toEqual({
      status: "200 OK",
      headers: [UNBUFFERED],
      body: "onetwo",
      errors: [],
    });
  });

  test("a stream of 4 MiB in 65 pieces, in their order", async () => {
    const pieces = Array.from({ length: 65 }, (_, i) => new Uint8Array(65536).fill(i + 1));
    const { body } = await call(() => new Response(stream(pieces)));
    expect(body).toBe(pieces.map(text).join(""));
  });

  test("a Blob that says another size", async () => {
    for (const value of [0, 2, 100, -1, NaN]) {
      for (const method of ["GET", "HEAD"]) {
        const lying = () => Object.defineProperty(new Blob(["hello"]), "size", { value });
        const { headers, body } = await call(() => new Response(lying()), { method });
        expect(headers.at(-1)).toBe("content-length: 5");
        expect(body).toBe(method === "GET" ? "hello" : "");
      }
    }
  });

  test("any string and any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.uint8Array(), async (string, array) => {
        const sent = text(encoder.encode(string));
        const one = await call(() => new Response(string));
        expect(one.body).toBe(sent);
        expect(one.headers).toContain(`content-length: ${sent.length}`);
        const two = await call(() => new Response(array as never));
        expect(two.body).toBe(text(array));
        const type = array.length > 0 ? BYTES : [];
        expect(two.headers).toEqual([...type, `content-length: ${array.length}`]);
      }),
      { numRuns: 200 },
    );
  });

  test("the same without a recording, the type of a string on Bun aside", async () => {
    for (const body of ["hello", bytes("hello") as never, new Blob(["hello"])]) {
      const reply = await callUnrecorded(() => new Response(body));
      expect(reply.body).toBe("hello");
      // From Node 24 on, what a Blob holds is there only later.
      if (here === "node" && body instanceof Blob) continue;
      expect(reply.headers.at(-1)).toBe("content-length: 5");
      expect(reply.headers.length).toBe(typeof body === "string" && !onBun ? 2 : 1);
    }
  });
});

describe("a Content-Length that the handler gave", () => {
  const given = (body: () => BodyInit | null, length: string, method = "GET") =>
    call(() => new Response(body(), { headers: { "content-length": length } }), { method });

  for (
    const [what, body] of [
      ["string", () => "hello"],
      ["bytes", () => bytes("hello") as never],
      ["Blob", () => new Blob(["hello"])],
      ["form", () => new URLSearchParams({ a: "one" })],
    ] as [string, () => BodyInit][]
  ) {
    for (const length of ["3", "7", "x", "+5", "5, 5"]) {
      test(`${JSON.stringify(length)} is replaced where the body is a ${what}`, async () => {
        const reply = await given(body, length);
        expect(reply.headers).toContain("content-length: 5");
        expect(reply.body).toBe(what === "form" ? "a=one" : "hello");
        expect(reply.errors).toEqual([]);
      });
    }
  }

  for (const length of ["x", "+5", "5, 5", "-1", "1e3", "5.0"]) {
    test(`${JSON.stringify(length)} is replaced where a stream is there already`, async () => {
      const reply = await given(() => stream(["he", "llo"]), length);
      expect(reply).toMatchObject({ headers: ["content-length: 5"], body: "hello", errors: [] });
    });
  }

  /** Streams that end within their first turns, each in its own way. */
  const early: Record<string, (text: string) => Response> = {
    "a stream": (text) => new Response(stream([text])),
    "a stream that was filled before": (text) =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(encoder.encode(text));
            controller.close();
          },
        }),
      ),
    "a stream that waits for promises": (text) =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            for (let turn = 0; turn < 3; turn++) await null;
            controller.enqueue(encoder.encode(text));
            controller.close();
          },
        }),
      ),
    "a transform": (text) => new Response(stream([text]).pipeThrough(new TransformStream())),
    "a generator": (text) =>
      new Response((async function* () {
        yield encoder.encode(text);
      })() as never),
    "the body of another Response": (text) => new Response(new Response(stream([text])).body),
  };
  for (const [what, make] of Object.entries(early)) {
    const declaring = (length: number) => () => {
      const { body, headers } = make("hello");
      return new Response(body, {
        headers: { ...Object.fromEntries(headers), "content-length": String(length) },
      });
    };
    test(`above what ${what} gives is a 500, however early it ends`, async () => {
      for (const length of [6, 70]) {
        const reply = await call(declaring(length));
        expect([reply.status, reply.body]).toEqual([
          "500 Internal Server Error",
          "Internal Server Error\n",
        ]);
        expect(codes(reply.errors)).toEqual(["RESPONSE_LENGTH"]);
      }
    });

    test(`below what ${what} gives cuts it, and that is reported with the request`, async () => {
      for (const length of [0, 1, 4]) {
        const reply = await call(declaring(length), { uri: "/cut" });
        expect(reply.headers.filter((line) => !line.startsWith("content-type"))).toEqual([
          `content-length: ${length}`,
        ]);
        expect(reply.body).toBe("hello".slice(0, length));
        await eventually(() => reply.errors.length, (count) => count > 0);
        expect(codes(reply.errors)).toEqual(["RESPONSE_LENGTH"]);
        expect(reply.errors[0]!.request?.url).toBe("http://h/cut");
      }
    });
  }

  test("above a stream of nothing is a 500, and 0 is right for it", async () => {
    expect((await given(() => stream([]), "7")).status).toBe("500 Internal Server Error");
    const reply = await given(() => stream([]), "0");
    expect(reply).toMatchObject({ headers: ["content-length: 0"], body: "", errors: [] });
  });

  test("above what onError's own stream gives leaves the plain 500", async () => {
    const reply = await call(() => {
      throw new Error("first");
    }, {
      onError: () => new Response(stream(["hello"]), { headers: { "content-length": "7" } }),
    });
    expect([reply.status, reply.body]).toEqual([
      "500 Internal Server Error",
      "Internal Server Error\n",
    ]);
    expect(codes(reply.errors)).toEqual(["Error: first", "RESPONSE_LENGTH"]);
  });

  for (const wait of [undefined, 2]) {
    test(`that a stream reaches before it fails is a whole reply (${wait} ms)`, async () => {
      let completed: Promise<void> | undefined;
      const reply = await call((_, __, ctx) => {
        completed = ctx.completed;
        const headers = { "content-length": "5" };
        return new Response(stream(["hello", new Error("late")], wait), { headers });
      });
      expect(reply).toMatchObject({ headers: ["content-length: 5"], body: "hello" });
      await completed;
      await eventually(() => reply.errors.length, (count) => count > 0);
      expect(codes(reply.errors)).toEqual(["RESPONSE_LENGTH"]);
      expect(String((reply.errors[0]!.error as Error).cause)).toBe("Error: late");
    });
  }

  test("of a stream stays in a reply to HEAD, whatever the stream would give", async () => {
    for (const length of ["3", "5", "70"]) {
      const reply = await given(() => stream(["hello"]), length, "HEAD");
      expect(reply).toMatchObject({ headers: [`content-length: ${length}`], body: "", errors: [] });
    }
  });

  for (const SERVER_SOFTWARE of ["lighttpd/1.4.82", "Cherokee/1.2.104"]) {
    const behind = (chunks: string[], length: string, wait?: number) => {
      const headers = { "content-length": length };
      const settled: string[] = [];
      const reply = call((_, __, ctx) => {
        ctx.completed.then(() => settled.push("whole"), () => settled.push("broken"));
        return new Response(stream(chunks, wait), { headers });
      }, { variables: { SERVER_SOFTWARE } });
      return reply.then((reply) => ({ ...reply, settled }));
    };

    test(`counts behind ${SERVER_SOFTWARE}, where it is left out of a later stream`, async () => {
      const short = await behind(["hello"], "9", 2);
      expect(short).toMatchObject({ status: "200 OK", headers: [], body: "hello" });
      expect(codes(short.errors)).toEqual(["RESPONSE_LENGTH"]);
      expect(short.settled).toEqual(["broken"]);
      const long = await behind(["he", "llo"], "3", 2);
      expect(long).toMatchObject({ status: "200 OK", headers: [], body: "hel" });
      await eventually(() => long.errors.length, (count) => count > 0);
      expect(codes(long.errors)).toEqual(["RESPONSE_LENGTH"]);
      expect(long.settled).toEqual(["whole"]);
    });

    test(`counts behind ${SERVER_SOFTWARE} for a stream that is there already`, async () => {
      expect((await behind(["hello"], "9")).status).toBe("500 Internal Server Error");
      expect(await behind(["he", "llo"], "3")).toMatchObject({
        headers: ["content-length: 3"],
        body: "hel",
      });
    });
  }

  test("stays for a stream that comes later", async () => {
    const reply = await given(() => stream(["he", "llo"], 2), "5");
    expect(reply).toEqual({
      status: "200 OK",
      headers: ["content-length: 5"],
      body: "hello",
      errors: [],
    });
  });

  test("is left out for such a stream where it is no decimal", async () => {
    expect(await given(() => stream(["hello"], 2), "five")).toMatchObject({
      headers: [UNBUFFERED],
      body: "hello",
    });
  });

  for (const length of [0, 1, 2, 3, 4]) {
    test(`of ${length} cuts such a stream of more, and that is reported`, async () => {
      const reply = await given(() => stream(["he", "llo"], 2), String(length));
      expect(reply.headers).toEqual([`content-length: ${length}`]);
      expect(reply.body).toBe("hello".slice(0, length));
      await eventually(() => reply.errors.length, (count) => count > 0);
      expect(codes(reply.errors)).toEqual(["RESPONSE_LENGTH"]);
    });
  }

  test("above such a stream's is a failed body, and that is reported", async () => {
    let completed: Promise<void> | undefined;
    const reply = await call((_, __, ctx) => {
      completed = ctx.completed;
      return new Response(stream(["hello"], 2), { headers: { "content-length": "9" } });
    });
    expect(reply.headers).toEqual(["content-length: 9"]);
    expect(reply.body).toBe("hello");
    expect(codes(reply.errors)).toEqual(["RESPONSE_LENGTH"]);
    await expect(completed!).rejects.toThrow(ScgiError);
  });

  test("cannot corrupt the wire with Transfer-Encoding and Connection beside it", async () => {
    const headers = { "content-length": "3", "transfer-encoding": "chunked", connection: "x-a" };
    const reply = await call(() => new Response("hello", { headers }));
    expect(reply).toMatchObject({ headers: [TEXT, "content-length: 5"], body: "hello" });
  });
});

describe("nginx is told to pass a stream on as it is made", () => {
  const headersOf = async (response: () => Response, method = "GET") =>
    (await call(response, { method })).headers;

  test("where its length is neither declared nor known", async () => {
    expect(await headersOf(() => new Response(stream(["he", "llo"], 2)))).toEqual([UNBUFFERED]);
    expect(await headersOf(() => new Response(stream(["hello"], 2)), "HEAD")).toEqual([UNBUFFERED]);
    const squeezed = () =>
      new Response(stream(["hello"], 2).pipeThrough(new CompressionStream("gzip") as never));
    expect(await headersOf(squeezed)).toEqual([UNBUFFERED]);
  });

  test("also where its first chunks leave with the head", async () => {
    const first = () => {
      let turn = 0;
      return new ReadableStream({
        async pull(controller) {
          if (turn === 1) await sleep(2);
          if (turn++ < 2) controller.enqueue(encoder.encode("x"));
          else controller.close();
        },
      });
    };
    expect(await headersOf(() => new Response(first()))).toEqual([UNBUFFERED]);
  });

  test("unless the app has said otherwise", async () => {
    for (const said of ["yes", "no", ""]) {
      const headers = { "X-Accel-Buffering": said };
      expect(await headersOf(() => new Response(stream(["hello"], 2), { headers }))).toEqual([
        `x-accel-buffering: ${said}`,
      ]);
    }
  });

  test("and not where its length is declared, or it leaves in one write with its head", async () => {
    const init = { headers: { "content-length": "5" } };
    const all = [
      ...await headersOf(() => new Response(stream(["hello"], 2), init)),
      ...await headersOf(() => new Response(stream(["he", "llo"]))),
      ...await headersOf(() => new Response(new Blob(["hello".repeat(50_000)]))),
      ...await headersOf(() => new Response("hello")),
      ...await headersOf(() => new Response(null)),
    ];
    expect(all.filter((line) => line.startsWith("x-accel"))).toEqual([]);
    const SERVER_SOFTWARE = "lighttpd/1.4.82";
    const reply = await call(() => new Response(stream(["hello"], 2), init), {
      variables: { SERVER_SOFTWARE },
    });
    expect(reply.headers).toEqual([]);
  });
});

describe("a reply to HEAD has no body, and", () => {
  const head = (response: () => Response) => call(response, { method: "HEAD" });

  for (
    const [what, body] of [
      ["string", () => "hello"],
      ["array of bytes", () => bytes("hello") as never],
      ["Blob", () => new Blob(["hello"])],
      ["stream that is there already", () => stream(["he", "llo"])],
    ] as [string, () => BodyInit][]
  ) {
    test(`keeps the length of a ${what}`, async () => {
      const { headers, body: sent } = await head(() => new Response(body()));
      expect(headers).toContain("content-length: 5");
      expect(sent).toBe("");
    });
  }

  test("keeps the given length of a stream that comes later, or has none", async () => {
    const init = { headers: { "content-length": "5" } };
    expect(await head(() => new Response(stream(["hello"], 2), init))).toMatchObject({
      headers: ["content-length: 5"],
      body: "",
    });
    expect(await head(() => new Response(stream(["hello"], 2)))).toMatchObject({
      headers: [UNBUFFERED],
      body: "",
    });
  });

  test("has not the length of the Response that its stream is made from", async () => {
    const made = () => {
      const old = new Response(new Blob(["a Blob"]));
      const reader = old.body!.getReader();
      const more = async (controller: ReadableStreamDefaultController) => {
        await reader.read();
        controller.enqueue(encoder.encode("more than that"));
        controller.close();
      };
      return new Response(new ReadableStream({ pull: more }, { highWaterMark: 0 }), old);
    };
    const { headers } = await call(made, { method: "HEAD" });
    expect(headers).not.toContain("content-length: 6");
  });

  test("has no length for a null body, unless one was given", async () => {
    expect((await head(() => new Response())).headers).toEqual([]);
    const init = { headers: { "content-length": "7" } };
    expect((await head(() => new Response(null, init))).headers).toEqual(["content-length: 7"]);
  });

  test("cancels the handler's stream", async () => {
    let cancelled = 0;
    const body = () =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65536)),
        cancel: () => void cancelled++,
      });
    const reply = await head(() => new Response(body()));
    expect(reply).toMatchObject({ status: "200 OK", body: "", errors: [] });
    expect(cancelled).toBe(1);
  });
});

describe("a reply with status", () => {
  /** A Response of a status that can have no body, with one all the same. */
  function odd(status: number, body: BodyInit): Response {
    const response = new Response(body, { headers: { a: "b" } });
    Object.defineProperty(response, "status", { value: status });
    return response;
  }

  for (const status of [204, 205, 304]) {
    test(`${status} sends no body and no invented length`, async () => {
      const init = { status, headers: { a: "b" } };
      expect(await call(() => new Response(null, init))).toMatchObject({
        headers: ["a: b"],
        body: "",
      });
    });

    test(`${status} with a body, which Bun lets pass, sends none and cancels it`, async () => {
      let cancelled = 0;
      const endless = () => new ReadableStream({ cancel: () => void cancelled++ });
      for (const body of ["hello", bytes("hello") as never, endless()]) {
        const reply = await call(() => odd(status, body));
        expect(reply.status).toMatch(new RegExp(`^${status} `));
        expect(reply.headers).toContain("a: b");
        expect(reply.headers.filter((line) => line.startsWith("content-length"))).toEqual([]);
        expect(reply.body).toBe("");
      }
      expect(cancelled).toBe(1);
      if (!onBun) return;
      const { body } = await call(() => new Response("hello", { status }));
      expect(body).toBe("");
    });
  }
});

describe("a redirect", () => {
  test("keeps a Location of its own server as it is", async () => {
    const init = { status: 303, headers: { location: "/done" } };
    expect(await call(() => new Response(null, init))).toMatchObject({
      status: "303 See Other",
      headers: ["location: /done", "content-length: 0"],
    });
  });

  test("that is none, with 200 and a Location of its own server, gets an absolute one", async () => {
    const init = { headers: { location: "/loop" } };
    const { headers } = await call(() => new Response("x", init), {
      uri: "/loop",
      variables: { HTTP_HOST: "h:8080", HTTPS: "on" },
    });
    expect(headers).toContain("location: https://h:8080/loop");
  });
});

test("a text of several pieces arrives as it is", async () => {
  const long = "a".repeat(140_000) + "b".repeat(140_000);
  expect((await call(() => new Response(long))).body === long).toBe(true);
});

test("a head over 4096 bytes is sent, and warned about", async () => {
  const reply = await call(() => new Response("x", { headers: { long: "x".repeat(5000) } }));
  expect(reply.headers[1]).toBe(`long: ${"x".repeat(5000)}`);
  expect(reply.body).toBe("x");
  expect(codes(reply.errors)).toEqual(["RESPONSE_HEAD_LARGE"]);
  expect(String(reply.errors[0]!.error)).toContain("scgi_buffer_size");
  const short = await call(() => new Response("x", { headers: { long: "x".repeat(3900) } }));
  expect(short.errors).toEqual([]);
});

test("a status that Cherokee replaces by 500 is sent, and warned about", async () => {
  const app = () => new Response("x", { status: 451 });
  const reply = await call(app, { variables: { SERVER_SOFTWARE: "Cherokee/1.2.104" } });
  expect(reply.status).toMatch(/^451 /);
  expect(reply.errors).toHaveLength(1);
  const { code, message } = reply.errors[0]!.error as ScgiError;
  expect(code).toBe("STATUS_UNSUPPORTED");
  expect(message).toContain("Cherokee turns 451 into 500");
  const elsewhere = await call(app, { variables: { SERVER_SOFTWARE: "nginx/1.22.1" } });
  expect(elsewhere.errors).toEqual([]);
});

describe("a Hono app works untouched:", () => {
  const app = new Hono<{ Bindings: { REMOTE_ADDR: string; GREETING: string } }>();
  app.use("/wrapped/*", async (c, next) => {
    await next();
    c.res = new Response(c.res.body, c.res);
    c.res.headers.append("set-cookie", "late=1");
    c.header("x-after", "yes");
  });
  for (const path of ["/cookies", "/wrapped/cookies"]) {
    app.get(path, (c) => {
      c.header("set-cookie", "a=1", { append: true });
      c.header("set-cookie", "b=2", { append: true });
      return c.text("two");
    });
  }
  app.get("/text", (c) => c.text("hello"));
  app.get("/body", (c) => c.body("hello"));
  app.get("/env", (c) => c.text(`${c.env.GREETING} ${c.env.REMOTE_ADDR}`));
  app.get("/work", (c) => {
    c.executionCtx.waitUntil(Promise.resolve());
    c.executionCtx.passThroughOnException();
    return c.body(null, 204);
  });
  app.get("/fails", () => {
    throw new Error("secret");
  });

  test("c.text and c.body of a string have their type on every runtime", async () => {
    for (const uri of ["/text", "/body"]) {
      const { headers, body } = await call(app, { uri });
      expect(headers[0]).toMatch(/^content-type: text\/plain; ?charset=UTF-8$/i);
      expect(body).toBe("hello");
      const head = await call(app, { uri, method: "HEAD" });
      // Hono makes the reply of null, and of headers without a type on Bun.
      expect(head.headers).toEqual(onBun ? [] : [headers[0]!]);
      expect(head.body).toBe("");
    }
  });

  test("two cookies are two lines, through a middleware that wraps and adds one too", async () => {
    const cookies = async (uri: string) =>
      (await call(app, { uri })).headers.filter((line) => line.startsWith("set-cookie"));
    expect(await cookies("/cookies")).toEqual(["set-cookie: a=1", "set-cookie: b=2"]);
    expect(await cookies("/wrapped/cookies")).toEqual([
      "set-cookie: a=1",
      "set-cookie: b=2",
      "set-cookie: late=1",
    ]);
  });

  test("c.env has variables and bindings, and c.executionCtx works", async () => {
    const options = { variables: { REMOTE_ADDR: "192.0.2.1" }, bindings: { GREETING: "Hi" } };
    expect((await call(app, { uri: "/env", ...options })).body).toBe("Hi 192.0.2.1");
    expect((await call(app, { uri: "/work" })).status).toBe("204 No Content");
  });

  test("what a handler throws is Hono's 500, and a path that is not there its 404", async () => {
    const { error } = console;
    console.error = () => {};
    const failed = await call(app, { uri: "/fails" });
    console.error = error;
    expect(failed.status).toBe("500 Internal Server Error");
    expect(failed.body).not.toContain("secret");
    expect((await call(app, { uri: "/none" })).status).toBe("404 Not Found");
  });
});
