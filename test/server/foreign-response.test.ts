/**
 * Responses of other classes than the runtime's: sent where the runtime's own server takes them, which
 * is on Node alone. The classes are shaped like those of npm's undici, node-fetch and @whatwg-node.
 */

import { describe, expect, test } from "bun:test";
import { Readable } from "node:stream";
import { createGunzip, gzipSync } from "node:zlib";
import { recordHere } from "../../src/runtime/chosen.ts";
import { callUnrecorded } from "../support/call.ts";
import { type OwnServer, startOwn } from "../support/own-server.ts";
import { here } from "../support/runtime.ts";

const onNode = here === "node";
const encode = (text: string) => new TextEncoder().encode(text);

/** The parts of a Response. */
interface Parts {
  status?: number;
  statusText?: string;
  headers?: [name: string, value: string][];
  url?: string;
}

/** As undici has it: streams and headers of the runtime, in a class of its own. */
class LikeUndici {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly #response: Response;

  constructor(
    body: BodyInit | null,
    { status = 200, statusText = "", headers, url = "" }: Parts = {},
  ) {
    this.#response = new Response(body);
    this.status = status;
    this.statusText = statusText;
    this.headers = new Headers(headers);
    this.url = url;
  }

  get body() {
    return this.#response.body;
  }

  get bodyUsed() {
    return this.#response.bodyUsed;
  }
}

/** Headers as node-fetch has them: the values of Set-Cookie are joined unless they are asked for. */
class JoinedHeaders {
  readonly #fields: [name: string, value: string][];

  constructor(fields: [name: string, value: string][]) {
    this.#fields = fields;
  }

  raw(): Record<string, string[]> {
    const raw: Record<string, string[]> = {};
    for (const [name, value] of this.#fields) (raw[name] ??= []).push(value);
    return raw;
  }

  *[Symbol.iterator](): Generator<[string, string]> {
    for (const [name, values] of Object.entries(this.raw())) yield [name, values.join(", ")];
  }
}

/** As node-fetch has it: a stream of Node, or in version 2 an array of bytes. */
class LikeNodeFetch {
  readonly status: number;
  readonly statusText: string;
  readonly headers: JoinedHeaders;
  readonly url: string;
  readonly body: Readable | Uint8Array | null;

  constructor(
    body: Readable | Uint8Array | null,
    { status = 200, statusText = "", headers = [], url = "" }: Parts = {},
  ) {
    this.status = status;
    this.statusText = statusText;
    this.headers = new JoinedHeaders(headers);
    this.url = url;
    this.body = body;
  }

  get bodyUsed() {
    return this.body instanceof Readable && this.body.readableDidRead;
  }
}

/** As @whatwg-node has it: a stream of its own class. */
class LikeWhatwgNode extends LikeUndici {
  override get body() {
    const stream = super.body;
    return stream &&
      { getReader: () => stream.getReader() } as ReadableStream<Uint8Array<ArrayBuffer>>;
  }
}

const readable = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
const cookies: Parts = { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-a", "b"]] };
const gzipped: Parts = { headers: [["content-encoding", "gzip"]], url: "http://h/" };

/** What the runtime's own server sends as well. */
const common: Record<string, () => object> = {
  "a text of undici": () => new LikeUndici("text"),
  "bytes of undici": () => new LikeUndici(encode("bytes"), { headers: [["content-type", "a/b"]] }),
  "a status of undici": () => new LikeUndici("text", { status: 404 }),
  "no body of undici": () => new LikeUndici(null, { status: 204 }),
  "cookies of undici": () => new LikeUndici("text", cookies),
  "a text of @whatwg-node": () => new LikeWhatwgNode("text", cookies),
  "no body of @whatwg-node": () => new LikeWhatwgNode(null),
  "an object of the same parts": () => {
    const { status, headers, body } = new LikeUndici("text", cookies);
    return { status, headers, body };
  },
};

/** What node-fetch makes of a text, bytes and streams, which `@hono/node-server` cannot send. */
const streams: Record<string, () => object> = {
  "a stream of Node": () => new LikeNodeFetch(readable("te", "xt"), cookies),
  "an array of bytes": () => new LikeNodeFetch(encode("text"), cookies),
};

/** What no server takes for a Response. */
const none: Record<string, () => unknown> = {
  "headers and a body alone": () => ({ headers: new Headers(), body: null }),
  "a status alone": () => ({ status: 200 }),
  "the result of another framework's handler": () => ({ status: 200, headers: {}, body: "text" }),
  "a text": () => "text",
  "nothing": () => undefined,
  "an error": () => new Error("A detail"),
};

type App = () => Response;

async function send(make: () => unknown, method = "GET") {
  const stop = recordHere();
  try {
    return await callUnrecorded(make as App, { method });
  } finally {
    stop();
  }
}

const fieldsOf = (headers: readonly string[]) =>
  headers.filter((line) => !/^(?:content-(?:length|type)|date|connection|keep-alive):/.test(line))
    .sort();

/** Asks the runtime's own server. */
async function ask({ url }: OwnServer) {
  const reply = await fetch(url);
  const headers = [...reply.headers].map(([name, value]) => `${name}: ${value}`);
  return { status: reply.status, headers: fieldsOf(headers), body: await reply.text() };
}

if (onNode) {
  describe("A Response of another class is sent as the runtime's own server sends it", () => {
    for (const [name, make] of Object.entries(common)) {
      test(`where it is ${name}`, async () => {
        const server = await startOwn(make as App);
        try {
          const { status, headers, body, errors } = await send(make);
          expect(errors).toEqual([]);
          const seen = { status: parseInt(status), headers: fieldsOf(headers), body };
          const theirs = await ask(server);
          expect(seen).toEqual({
            ...theirs,
            headers: theirs.headers.filter((line) => !line.startsWith("transfer-encoding")),
          });
        } finally {
          await server.stop();
        }
      });
    }
  });

  describe("A Response of another class is sent", () => {
    for (const [name, make] of Object.entries(streams)) {
      test(`where its body is ${name}`, async () => {
        const { status, headers, body, errors } = await send(make);
        expect(errors).toEqual([]);
        expect([status, body]).toEqual(["200 OK", "text"]);
        // A stream that comes later than the head is said to be unbuffered.
        const fields = fieldsOf(headers).filter((line) => !line.startsWith("x-accel-buffering"));
        expect(fields).toEqual(["set-cookie: a=1", "set-cookie: b=2", "x-a: b"]);
      });
    }

    test("with its reason", async () => {
      const { status } = await send(() => new LikeUndici("text", { statusText: "Quite fine" }));
      expect(status).toBe("200 Quite fine");
    });

    test("without its body to HEAD, which is cancelled", async () => {
      const stream = readable("text");
      const { status, body } = await send(() => new LikeNodeFetch(stream), "HEAD");
      expect([status, body]).toEqual(["200 OK", ""]);
      await new Promise((resolve) => setImmediate(resolve));
      expect(stream.destroyed).toBe(true);
    });

    test("with a true Content-Encoding where its fetch() has decoded it, or not", async () => {
      const decoded = readable("text");
      const coded = Readable.from([gzipSync("text")]);
      const given = async (make: () => object) => {
        const { headers, body } = await send(make);
        return [headers.includes("content-encoding: gzip"), body];
      };
      const packed = gzipSync("text").toString("latin1");
      expect(await given(() => new LikeUndici("text", gzipped))).toEqual([false, "text"]);
      expect(await given(() => new LikeWhatwgNode("text", gzipped))).toEqual([false, "text"]);
      expect(await given(() => new LikeNodeFetch(coded.pipe(createGunzip()), gzipped)))
        .toEqual([false, "text"]);
      expect(await given(() => new LikeNodeFetch(Readable.from([gzipSync("text")]), gzipped)))
        .toEqual([true, packed]);
      expect(await given(() => new LikeNodeFetch(decoded, { ...gzipped, url: "" })))
        .toEqual([true, "text"]);
    });

    test("once: where its body was used it is reported", async () => {
      const kept = new LikeUndici("text");
      expect((await send(() => kept)).body).toBe("text");
      const { status, errors } = await send(() => kept);
      expect([status, errors.length]).toEqual(["500 Internal Server Error", 1]);
      expect((errors[0]!.error as Error).message).toContain("Make a new Response for each request");
    });

    test("or reported where it has a status that none can have, and its stream cancelled", async () => {
      const stream = readable("text");
      const { status, errors } = await send(() => new LikeNodeFetch(stream, { status: 42 }));
      expect([status, errors.length]).toEqual(["500 Internal Server Error", 1]);
      expect(stream.destroyed).toBe(true);
    });

    test("without its body with 204, whose cancel may fail", async () => {
      const cancel = () => Promise.reject(new Error("No cancel"));
      const body = new ReadableStream({ cancel });
      const { status } = await send(() => ({ status: 204, headers: new Headers(), body }));
      expect(status).toBe("204 No Content");
      // An unhandled rejection would fail this test.
      await new Promise((resolve) => setTimeout(resolve));
    });
  });
} else {
  describe("A Response of another class is none, as for the runtime's own server", () => {
    for (const [name, make] of Object.entries({ ...common, ...streams })) {
      test(`where it is ${name}`, async () => {
        const { status, errors } = await send(make);
        expect([status, errors.length]).toEqual(["500 Internal Server Error", 1]);
      });
    }
  });
}

describe("No Response is meant by", () => {
  for (const [name, make] of Object.entries(none)) {
    test(name, async () => {
      const { status, errors } = await send(make);
      expect(status).toBe("500 Internal Server Error");
      expect((errors[0]!.error as Error).message).toContain("The answer must be a Response");
    });
  }
});

test("A proxy of a Response is sent where the runtime's own server sends it", async () => {
  const make = () => new Proxy(new Response("text"), {});
  const server = await startOwn(make);
  try {
    const theirs = await ask(server);
    const ours = await send(make);
    // Bun.serve answers 204 to what it does not take for a Response.
    if (here === "bun") expect(theirs.status).toBe(204);
    // Since Node 24 a proxy does not have the private fields of its target. The text is not the app's.
    else if (theirs.status === 500) expect(parseInt(ours.status)).toBe(500);
    else expect([parseInt(ours.status), ours.body]).toEqual([theirs.status, theirs.body]);
  } finally {
    await server.stop();
  }
});
