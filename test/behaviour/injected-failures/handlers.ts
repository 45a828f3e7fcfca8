/** Handlers that fail, each in its own way. Run on Bun and on Deno. */

import type { HandlerContext } from "../../../src/server/handler.ts";

type Route = (request: Request, ctx: HandlerContext, id: string) => Response | Promise<Response>;

const started = new Set<string>();

/** Notes that the handler of a request was called. */
export function begun(id: string): void {
  started.add(id);
}

export function hasBegun(id: string): boolean {
  return started.has(id);
}

const encoder = new TextEncoder();
const large = new Uint8Array(8_388_608);
/** By then the head has left, on a busy machine as well: it waits for the next turn of the event loop. */
const LATER_MS = 50;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function departure({ signal }: Request): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
}

function refuses(): never {
  throw new Error("A getter failed");
}

/** An object whose every property fails to be read. */
function thorny(): object {
  const names = ["name", "message", "stack", "code", "cause", "toString", "constructor"];
  const thorns: PropertyDescriptorMap = {};
  for (const name of [...names, Symbol.toPrimitive, Symbol.toStringTag]) {
    thorns[name] = { get: refuses, enumerable: true };
  }
  return Object.defineProperties({}, thorns);
}

/** What is no object any more: whatever is asked of it fails, even what it is an instance of. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const values: Record<string, () => unknown> = {
  error: () => new Error("A handler failed"),
  string: () => "a string",
  undefined: () => undefined,
  null: () => null,
  thorny,
  revoked,
};

/** What is given in the place of a Response. */
const impostors: Record<string, () => unknown> = {
  nothing: () => undefined,
  text: () => "text",
  object: () => ({ status: 200 }),
  thorny,
  revoked,
  heir: () => Object.create(Response.prototype),
  proxy: () => new Proxy(new Response("behind a proxy"), {}),
  "failing-then": () =>
    Object.defineProperty({}, "then", {
      get: refuses,
    }),
  "throwing-then": () => ({ then: refuses }),
};

function stream(
  source: UnderlyingDefaultSource<unknown>,
  headers: Record<string, string> = {},
): Response {
  return new Response(new ReadableStream(source) as ReadableStream<Uint8Array>, { headers });
}

/** A stream that goes on for ever, and does what it is told when it is cancelled. */
function endless(cancel?: () => Promise<void> | void): Response {
  return stream({
    async pull(controller) {
      await pause(2);
      controller.enqueue(encoder.encode("more\n"));
    },
    cancel() {
      return cancel?.();
    },
  });
}

const cancels: Record<string, () => Promise<void>> = {
  "cancel-throws"() {
    throw new Error("cancel threw");
  },
  "cancel-rejects": () => Promise.reject(new Error("cancel rejected")),
  "cancel-never": () => new Promise(() => {}),
};

function used(): Promise<Response> {
  const response = new Response("used");
  return response.text().then(() => response);
}

export const routes: Record<string, Route> = {
  hello: () => new Response("Hello\n"),
  ...Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, Route][] => [
      [`throws-${name}`, () => {
        throw value();
      }],
      [`rejects-${name}`, async () => {
        await pause(1);
        throw value();
      }],
      [`body-fails-with-${name}`, () => stream({ start: (c) => c.error(value()) })],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(impostors).flatMap(([name, value]): [string, Route][] => [
      [`gives-${name}`, () => value() as Response],
      [`gives-${name}-later`, () => pause(1).then(() => value() as Response)],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(cancels).flatMap(([name, cancel]): [string, Route][] => [
      [name, () => endless(cancel)],
      [`${name}-late`, async (request) => {
        await departure(request);
        return endless(cancel);
      }],
    ]),
  ),

  fails: () => {
    throw new Error("A handler failed");
  },
  used,
  "used-stream": async () => {
    const response = new Response(new Blob(["used"]).stream());
    await response.text();
    return response;
  },
  locked: () => {
    const response = new Response(new Blob(["locked"]).stream());
    response.body!.getReader();
    return response;
  },
  "bad-head": () => new Response("x", { headers: { "x-control": "a\x01b" } }),
  "bad-head-stream": () => stream({ pull: (c) => c.enqueue("x") }, { "x-control": "a\x01b" }),

  strings: () =>
    stream({
      start(controller) {
        controller.enqueue("str");
        controller.enqueue("ings");
        controller.close();
      },
    }),
  "no-bytes": () => stream({ start: (controller) => controller.enqueue({ no: "bytes" }) }),
  "no-bytes-later": () =>
    stream({
      async start(controller) {
        controller.enqueue("half");
        await pause(LATER_MS);
        controller.enqueue(7);
      },
    }),
  "errors-later": () =>
    stream({
      async start(controller) {
        controller.enqueue("half");
        await pause(LATER_MS);
        controller.error(new Error("The body failed"));
      },
    }),
  "errors-later-undefined": () =>
    stream({
      async start(controller) {
        controller.enqueue("half");
        await pause(LATER_MS);
        controller.error(undefined);
      },
    }),
  "errors-short": () =>
    stream({
      async start(controller) {
        controller.enqueue("half");
        await pause(LATER_MS);
        controller.close();
      },
    }, { "content-length": "100" }),
  "yields-never": () => stream({}),

  "settles-never": () => new Promise(() => {}),
  "settles-late": async () => {
    await pause(300);
    return endless(cancels["cancel-rejects"]);
  },
  "rejects-late": async () => {
    await pause(300);
    throw new Error("too late");
  },
  "rejects-with-reason": async (request) => {
    await departure(request);
    throw request.signal.reason;
  },
  waits: async (request) => {
    await departure(request);
    return new Response("too late\n");
  },
  "waits-until": (_, ctx) => {
    ctx.waitUntil(pause(5).then(() => Promise.reject(new Error("work failed"))));
    ctx.waitUntil(Promise.reject(undefined));
    return new Response("working\n");
  },
  completes: (_, ctx) => {
    void ctx.completed;
    return endless();
  },

  reads: async (request) => {
    let size = 0;
    for await (const chunk of request.body!) size += chunk.length;
    return new Response(String(size));
  },
  echoes: (request) => new Response(request.body),
  /** Holds the sender back, and answers later. */
  ignores: async () => {
    await pause(50);
    return new Response("ignored\n");
  },
  early: () => new Response("early\n"),
  endless: () => endless(),
  flood: () => stream({ pull: (controller) => controller.enqueue(large.subarray(0, 65536)) }),
  large: () => new Response(large),
};
