/** Streams of Bun whose source writes to a controller, compared with what Bun.serve makes of them. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "../../src/server/serve.ts";
import type { Server } from "../../src/server/server.ts";
import { eventually } from "../support/eventually.ts";
import { parseReply as parseHttp, RawConnection } from "../support/raw-http.ts";
import { parseReply } from "../support/call.ts";
import { onBun } from "../support/runtime.ts";
import { request } from "../support/wire.ts";

interface Controller {
  write(chunk: unknown): number;
  flush(wait?: boolean): unknown;
  end(): unknown;
  close(error?: unknown): void;
}
interface Source {
  start?(): void;
  pull?(controller: Controller): unknown;
  cancel?(reason: unknown): unknown;
}
/** What a source is given: a place for what it sees, and a promise that the client has got "hello". */
interface Run {
  see(...seen: unknown[]): void;
  readonly greeted: Promise<void>;
}
declare const Bun: {
  serve(options: object): { readonly port: number; stop(force: boolean): void };
};

const boom = new Error("boom");
const hello = (controller: Controller) => {
  controller.write("hello");
  controller.flush();
};
const attempt = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    // Each sink says its own name.
    return String(error).replace(/\w+Sink/, "sink");
  }
};

const whole: Record<string, (run: Run) => Source> = {
  "that ends at once": () => ({ pull: (c) => (c.write("hello"), c.end()) }),
  "that closes": () => ({ pull: (c) => (c.write("hello"), c.close()) }),
  "that writes nothing": () => ({ pull: (c) => c.end() }),
  "without a pull": () => ({}),
  "whose pull goes on": ({ greeted }) => ({
    async pull(c) {
      hello(c);
      await greeted;
      c.write("world");
      c.end();
    },
  }),
  "whose pull ends without end()": ({ greeted }) => ({
    async pull(c) {
      hello(c);
      await greeted;
      c.write("world");
    },
  }),
  "that writes when pull has returned": ({ greeted, see }) => ({
    pull(c) {
      see("pull");
      hello(c);
      void greeted.then(() => {
        see(c.write("world"));
        c.end();
      });
    },
  }),
  "that is flushed by itself": ({ greeted }) => ({
    pull(c) {
      c.write("hello");
      void greeted.then(() => (c.write("world"), c.end()));
    },
  }),
  "that writes again and again": ({ greeted }) => ({
    pull(c) {
      hello(c);
      void greeted.then(async () => {
        for (let i = 0; i < 20; i++) {
          c.write(`${i},`);
          await sleep(1);
        }
        c.end();
      });
    },
  }),
  "that writes first when pull has returned": () => ({
    pull(c) {
      setTimeout(() => (hello(c), c.end()), 5);
    },
  }),
  "that writes in microtasks": () => ({
    pull(c) {
      queueMicrotask(() => {
        c.write("hello");
        queueMicrotask(() => (c.write("!"), c.end()));
      });
    },
  }),
  "that uses its controller too late": ({ see }) => ({
    pull(c) {
      hello(c);
      setTimeout(() => see(attempt(() => c.write("late")), attempt(() => c.end())), 5);
      return Promise.resolve();
    },
  }),
  "of all that can be written": ({ see }) => ({
    pull(c) {
      see(c.write("é€\u{1f600}\ud83d"), c.write(""), c.write(new Uint8Array([0, 255])));
      see(c.write(new Uint8Array([1, 2, 3]).subarray(1)), c.write(new Uint8Array([65]).buffer));
      see(c.write(new DataView(new ArrayBuffer(2))), c.write(new Uint16Array([0x4142])));
      c.end();
    },
  }),
  "of what cannot be written": ({ see }) => ({
    pull(c) {
      for (const chunk of [1, null, undefined, {}, [], true, new Blob(["x"])]) {
        see(attempt(() => c.write(chunk)));
      }
      c.end();
    },
  }),
  "of memory that is used again": ({ greeted }) => ({
    async pull(c) {
      const bytes = new TextEncoder().encode("hello");
      c.write(bytes);
      bytes.fill(66);
      c.write(bytes);
      bytes.fill(67);
      await greeted;
      c.end();
    },
  }),
  "of markup in pieces": ({ greeted }) => ({
    async pull(c) {
      for (const piece of ["<!doc", "type html><p", " class='", "a'>", "<!-", "- a --", "><scr"]) {
        c.write(piece);
        c.flush();
        await sleep(1);
      }
      c.write("ipt>a < b && c<d</script>hello<");
      c.flush();
      await greeted;
      c.end();
    },
  }),
  "of every two bytes": () => ({
    async pull(c) {
      const all = new Uint8Array(2 ** 17).map((_, i) => i & 1 ? (i >> 1) & 255 : (i >> 9) & 255);
      for (let at = 0; at < all.length; at += 7777) {
        c.write(all.subarray(at, at + 7777));
        await c.flush(true);
      }
      c.end();
    },
  }),
  "of much at once": () => ({
    pull(c) {
      for (let i = 0; i < 4; i++) c.write(new Uint8Array(1_000_000).fill(65 + i));
      c.end();
    },
  }),
  "of much that is waited for": () => ({
    async pull(c) {
      for (let i = 0; i < 40; i++) {
        c.write(new Uint8Array(100_000).fill(65 + i));
        await c.flush(true);
      }
      c.end();
    },
  }),
  "with the members of a plain one": ({ see }) => ({
    start: () => see("start"),
    pull(this: unknown, c: Controller, ...more: unknown[]) {
      see(typeof this, more.length);
      c.write("hello");
      c.end();
    },
    cancel: () => see("cancel"),
  }),
  "that throws when it has ended": () => ({
    pull(c) {
      c.write("hello");
      c.end();
      throw boom;
    },
  }),
  "that rejects when it has ended": () => ({
    async pull(c) {
      c.write("hello");
      c.end();
      await sleep(1);
      throw boom;
    },
  }),
};

const failing: Record<string, (run: Run) => Source> = {
  "that throws": () => ({
    pull() {
      throw boom;
    },
  }),
  "that throws when it has written": () => ({
    pull(c) {
      hello(c);
      throw boom;
    },
  }),
  "that rejects at once": () => ({ pull: () => Promise.reject(boom) }),
  "that rejects later": () => ({ pull: () => sleep(5).then(() => Promise.reject(boom)) }),
  "that rejects when it has written": ({ greeted }) => ({
    async pull(c) {
      hello(c);
      await greeted;
      throw boom;
    },
  }),
  "that closes with an error": () => ({ pull: (c) => (c.write("hello"), c.close(boom)) }),
  "that closes with an error later": ({ greeted }) => ({
    async pull(c) {
      hello(c);
      await greeted;
      c.close(boom);
    },
  }),
  "that closes with an error when pull has returned": ({ greeted }) => ({
    pull(c) {
      hello(c);
      void greeted.then(() => c.close(boom));
    },
  }),
};

const left: Record<string, (run: Run) => Source> = {
  "whose pull goes on": ({ see }) => ({
    async pull(c) {
      hello(c);
      while (c.write("x") > 0) {
        c.flush();
        await sleep(5);
      }
      see(c.write("y"));
    },
    cancel: (reason) => see("cancel", (reason as Error).name),
  }),
  "whose pull has returned": ({ see }) => ({
    pull(c) {
      hello(c);
      const timer = setInterval(() => {
        if (c.write("x") > 0) return void c.flush();
        clearInterval(timer);
        see(c.write("y"));
      }, 5);
    },
    cancel: (reason) => see("cancel", (reason as Error).name),
  }),
  "that is quiet": ({ see }) => ({
    pull: hello,
    cancel: (reason) => see("cancel", (reason as Error).name),
  }),
};

const sources = { ...whole, ...failing };

describe.if(onBun)("a direct stream", () => {
  let current: { source: (run: Run) => Source; run: Run };
  const app = () => {
    const { source, run } = current;
    // The members keep their `this`.
    const direct = Object.assign(source(run), { type: "direct" });
    return new Response(new ReadableStream(direct as never));
  };
  const errors: unknown[] = [];
  let http: { readonly port: number; stop(force: boolean): void } | undefined;
  let scgi: Server | undefined;
  beforeAll(async () => {
    scgi = serve(app, { port: 0, onError: (error) => void errors.push(error) });
    await scgi.ready;
    http = Bun.serve({ port: 0, development: false, fetch: app, idleTimeout: 0 });
  });
  afterAll(async () => {
    http?.stop(true);
    await scgi?.shutdown();
  });

  const GET = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  /** Asks one of the two, and greets the source once "hello" has come. */
  async function run(over: "HTTP" | "SCGI", source: (run: Run) => Source, method = "GET") {
    const seen: string[] = [];
    const { promise: greeted, resolve: greet } = Promise.withResolvers<void>();
    const see = (...what: unknown[]) => void seen.push(...what.map(String));
    current = { source, run: { greeted, see } };
    errors.length = 0;
    const port = over === "HTTP" ? http!.port : (scgi!.addr as { port: number }).port;
    const connection = new RawConnection(port);
    const variables = ["REQUEST_METHOD", method, "REQUEST_URI", "/", "HTTP_HOST", "h"];
    await connection.send(over === "HTTP" ? GET.replace("GET", method) : request(variables));
    const opened = connection.until("hello").then(greet, () => {});
    return { connection, seen, opened };
  }

  async function toEnd(over: "HTTP" | "SCGI", source: (run: Run) => Source) {
    const { connection, seen, opened } = await run(over, source);
    await connection.closed;
    await opened;
    await sleep(10);
    const { received } = connection;
    if (over === "SCGI") {
      const { status, body } = parseReply(received);
      return { status: parseInt(status), body, complete: errors.length === 0, seen };
    }
    const { status, body, complete } = parseHttp(received);
    return { status, body, complete, seen };
  }

  for (const name of Object.keys(sources)) {
    test(`${name} is sent as Bun.serve sends it`, async () => {
      const [over, under] = [
        await toEnd("HTTP", sources[name]!),
        await toEnd("SCGI", sources[name]!),
      ];
      if (!(name in failing)) return expect(under).toEqual(over);
      expect(over.complete && over.body !== "").toBe(false);
      expect(under.complete).toBe(false);
      expect(errors).toEqual([boom]);
      if (over.body !== "") return expect(under).toEqual(over);
      // Before the head has left, over SCGI the app's answer to the error takes its place.
      const status = Number.isNaN(over.status) ? 500 : over.status;
      expect(under).toMatchObject({ status, seen: over.seen });
    });
  }

  for (const name of Object.keys(left)) {
    test(`${name} is cancelled when its client leaves`, async () => {
      const seen = [];
      for (const over of ["HTTP", "SCGI"] as const) {
        const { connection, seen: one, opened } = await run(over, left[name]!);
        await opened;
        // Without a write the end of what the client sends may be half a close.
        const quiet = name === "that is quiet";
        if (quiet) connection.reset();
        else await connection.leave();
        await eventually(() => one.length, (length) => length >= (quiet ? 2 : 3));
        seen.push(one.sort());
        expect(errors).toEqual([]);
      }
      expect(seen[1]).toEqual(seen[0]!);
    });
  }

  test("has no pull at a HEAD", async () => {
    const seen = [];
    for (const over of ["HTTP", "SCGI"] as const) {
      const { connection, seen: one } = await run(over, ({ see }) => ({
        pull: (c) => (see("pull"), c.end()),
        cancel: () => see("cancel"),
      }), "HEAD");
      await connection.closed;
      await eventually(() => one.length, (length) => length > 0);
      seen.push(one);
    }
    expect(seen).toEqual([["cancel"], ["cancel"]]);
  });

  test("is held back by a client that does not read", async () => {
    let written = 0;
    current = {
      source: () => ({
        async pull(c) {
          for (; written < 1000; written++) {
            c.write(new Uint8Array(100_000));
            await c.flush(true);
          }
          c.end();
        },
      }),
      run: { greeted: Promise.resolve(), see() {} },
    };
    const socket = connect((scgi!.addr as { port: number }).port, "127.0.0.1");
    socket.pause().write(request());
    let before = -1;
    await eventually(() => written, (now) => {
      const still = now > 0 && now === before;
      before = now;
      return still;
    });
    expect(written).toBeLessThan(1000);
    let size = 0;
    socket.on("data", (bytes: Uint8Array) => size += bytes.length).resume();
    await new Promise((resolve) => socket.on("close", resolve));
    expect(written).toBe(1000);
    expect(size).toBeGreaterThan(100_000_000);
  });
});
