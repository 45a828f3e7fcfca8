/** Memory that is freed, or used again, once a body was sent or decoded: nothing else loses its bytes. */

import { expect, test } from "bun:test";
import { connect } from "node:net";
import { createHash } from "node:crypto";
import type { App } from "../../src/server/handler.ts";
import { serve } from "../../src/server/serve.ts";
import { frame } from "../support/wire.ts";

const SIZE = 1_048_576;

function hashOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The head of a request with a body. */
function headOf({ length }: Uint8Array): string {
  return frame(["CONTENT_LENGTH", String(length), "SCGI", "1", "REQUEST_METHOD", "POST"], "");
}

/** Sends a body, and gives the body of the reply. */
type Ask = (body?: Uint8Array) => Promise<Buffer>;

/** Sends a body, and resets the connection after the first bytes of the reply. */
type BreakOff = (body: Uint8Array) => Promise<void>;

/** Serves an app while `use` asks it. */
async function served<Result>(
  app: App,
  use: (ask: Ask, breakOff: BreakOff) => Promise<Result>,
): Promise<Result> {
  const server = serve(app, { port: 0 });
  await server.ready;
  const { port } = server.addr as { port: number };
  const ask = (body: Uint8Array = new Uint8Array()) =>
    new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", reject).on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
        const reply = Buffer.concat(chunks);
        resolve(reply.subarray(reply.indexOf("\r\n\r\n") + 4));
      });
      socket.write(headOf(body));
      socket.write(body);
    });
  const breakOff = (body: Uint8Array) =>
    new Promise<void>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => {}).on("close", () => resolve());
      socket.once("data", () => socket.resetAndDestroy());
      socket.write(headOf(body));
      socket.write(body);
    });
  try {
    return await use(ask, breakOff);
  } finally {
    await server.shutdown();
  }
}

test("bytes that an app sends again and again stay its own", async () => {
  const bytes = new Uint8Array(SIZE).fill(120);
  const app = () => new Response(bytes);
  const replies = await served(app, (ask) => Promise.all([ask(), ask(), ask()]));
  expect(replies.map(hashOf)).toEqual(new Array(3).fill(hashOf(bytes)));
  expect(bytes.length).toBe(SIZE);
});

test("bytes that a class of the app gives for its body stay its own", async () => {
  const bytes = new Uint8Array(SIZE).fill(120);
  class Kept extends Response {
    override arrayBuffer(): Promise<ArrayBuffer> {
      void super.arrayBuffer();
      return Promise.resolve(bytes.buffer);
    }
  }
  const app = () => new Kept(new Uint8Array(SIZE));
  const replies = await served(app, async (ask) => [await ask(), await ask()]);
  expect(replies.map((reply) => reply.length)).toEqual([SIZE, SIZE]);
  expect(bytes.length).toBe(SIZE);
});

test("bytes of a Response whose clone an app keeps stay whole", async () => {
  const bytes = new Uint8Array(SIZE).fill(120);
  const clones: Response[] = [];
  const app: App = () => {
    const response = new Response(bytes);
    clones.push(response.clone());
    return response;
  };
  const reply = await served(app, (ask) => ask());
  expect(hashOf(reply)).toBe(hashOf(bytes));
  expect(hashOf(new Uint8Array(await clones[0]!.arrayBuffer()))).toBe(hashOf(bytes));
});

test("bytes that a method of the app gives in the place of the runtime's stay its own", async () => {
  const { arrayBuffer } = Response.prototype;
  const bytes = new Uint8Array(SIZE).fill(120);
  Response.prototype.arrayBuffer = function () {
    void arrayBuffer.call(this);
    return Promise.resolve(bytes.buffer);
  };
  try {
    const app = () => new Response(new Uint8Array(SIZE));
    const replies = await served(app, async (ask) => [await ask(), await ask()]);
    expect(replies.map(({ length }) => length)).toEqual([SIZE, SIZE]);
  } finally {
    Response.prototype.arrayBuffer = arrayBuffer;
  }
  expect(bytes.length).toBe(SIZE);
});

test("a chunk that an app streams again and again stays its own", async () => {
  const chunk = new Uint8Array(SIZE / 2).fill(120);
  const app = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(chunk);
          controller.enqueue(chunk);
          controller.close();
        },
      }),
    );
  const replies = await served(app, (ask) => Promise.all([ask(), ask()]));
  expect(replies.map((reply) => reply.length)).toEqual([SIZE, SIZE]);
  expect(chunk.length).toBe(SIZE / 2);
});

test("bodies that are read beside each other and after each other stay apart", async () => {
  const kept: Uint8Array[] = [];
  const app: App = async (request) => {
    if (request.headers.get("content-length") === "300000") {
      const bytes = new Uint8Array(await request.arrayBuffer());
      kept.push(bytes);
      return new Response(hashOf(bytes));
    }
    return new Response(hashOf(await request.text()));
  };
  const sizes = [SIZE, 20_000, 300_000, SIZE - 1, 300_000, SIZE + 1, 3 * SIZE, 100];
  const bodies = sizes.map((size, index) => new Uint8Array(size).fill(97 + index));
  const hashes = bodies.map(hashOf);
  const rounds = await served(app, async (ask) => {
    const beside = await Promise.all(bodies.map((body) => ask(body)));
    const after: Buffer[] = [];
    for (const body of bodies) after.push(await ask(body));
    return [beside, after];
  });
  for (const replies of rounds) expect(replies.map(String)).toEqual(hashes);
  const expected = [hashes[2]!, hashes[4]!];
  expect(new Set(kept.map(hashOf))).toEqual(new Set(expected));
  expect(kept.length).toBe(4);
});

test("a chunk of a request that an app keeps stays whole", async () => {
  const kept: Uint8Array[] = [];
  const app: App = async (request) => {
    const reader = request.body!.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      kept.push(read.value as Uint8Array);
    }
    return new Response("done");
  };
  const body = new Uint8Array(SIZE).fill(98);
  await served(app, async (ask) => [await ask(body), await ask(new Uint8Array(SIZE).fill(99))]);
  const first = Buffer.concat(kept).subarray(0, SIZE);
  expect(hashOf(first)).toBe(hashOf(body));
});

test("an upload that is echoed comes back whole, beside others", async () => {
  const app: App = (request) => new Response(request.body);
  const bodies = [98, 99, 100].map((byte) => new Uint8Array(3 * SIZE).fill(byte));
  const replies = await served(app, (ask) => Promise.all(bodies.map((body) => ask(body))));
  expect(replies.map(hashOf)).toEqual(bodies.map(hashOf));
});

test("an upload that is echoed and read as well reaches both whole", async () => {
  let read = "";
  const app: App = (request) => {
    const copy = request.clone();
    void copy.arrayBuffer().then((buffer) => read = hashOf(new Uint8Array(buffer)));
    return new Response(request.body);
  };
  const body = new Uint8Array(3 * SIZE).fill(98);
  const reply = await served(app, (ask) => ask(body));
  expect([hashOf(reply), read]).toEqual([hashOf(body), hashOf(body)]);
});

test("a chunk that was read before the rest is echoed stays whole, and the rest comes back", async () => {
  const kept: Uint8Array[] = [];
  const app: App = async (request) => {
    const source = request.body!.getReader();
    const { value } = await source.read();
    kept.push(value as Uint8Array);
    source.releaseLock();
    const rest = request.body!.getReader();
    return new Response(
      new ReadableStream({
        async pull(controller) {
          const read = await rest.read();
          if (read.done) controller.close();
          else controller.enqueue(read.value);
        },
      }),
    );
  };
  const body = new Uint8Array(3 * SIZE).fill(98);
  const reply = await served(app, (ask) => ask(body));
  expect(hashOf(Buffer.concat([...kept, reply]))).toBe(hashOf(body));
});

test("uploads whose echo is broken off in the middle leave the echoes of others whole", async () => {
  const app: App = (request) => new Response(request.body);
  const bodies = [98, 99, 100].map((byte) => new Uint8Array(3 * SIZE).fill(byte));
  const replies = await served(
    app,
    (ask, breakOff) => Promise.all(bodies.flatMap((body) => [ask(body), breakOff(body)])),
  );
  const whole = replies.filter((reply) => reply !== undefined);
  expect(whole.map(hashOf)).toEqual(bodies.map(hashOf));
});
