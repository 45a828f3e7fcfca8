/**
 * Handlers that fail in many ways; `/seen` tells what `onError` was given since it was asked last.
 * With the argument `default` no `onError` is given.
 */

import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Deno } = globalThis as any;

let seen: unknown[] = [];
const kept = new Response("kept");
const late = (action: () => void): void => void setTimeout(action, 20);
const bytes = (text: string) => new TextEncoder().encode(text);

/** A stream whose source has begun, so that its head has left. */
function begun(then: (controller: ReadableStreamDefaultController) => void): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(bytes("begun"));
        setTimeout(() => then(controller), 50);
      },
    }),
  );
}

const routes: Record<string, () => unknown> = {
  "throw": () => {
    throw new Error("thrown");
  },
  "throw-text": () => {
    throw "text";
  },
  "throw-undefined": () => {
    throw undefined;
  },
  "throw-response": () => {
    throw new Response("thrown");
  },
  "reject": () => Promise.reject(new RangeError("rejected")),
  "reject-later": () => new Promise((_, reject) => late(() => reject(new Error("later")))),
  "answer-throws": () => {
    throw new Error("answer throws");
  },
  "answer-rejects": () => {
    throw new Error("answer rejects");
  },
  "answer-nothing": () => {
    throw new Error("answer nothing");
  },
  "answer-later": () => {
    throw new Error("answer later");
  },
  "answer-heir": () => {
    throw new Error("answer heir");
  },
  "nothing": () => undefined,
  "null": () => null,
  "text": () => "text",
  "object": () => ({ status: 200 }),
  "nothing-later": () => Promise.resolve(),
  "thenable": () => ({ then: (resolve: (value: Response) => void) => resolve(new Response("t")) }),
  "error": () => Response.error(),
  "used": async () => {
    const response = new Response("used");
    await response.text();
    return response;
  },
  "kept": () => kept,
  "heir": () => Object.create(Response.prototype),
  "heir-later": () => Promise.resolve(Object.create(Response.prototype)),
  "subclass": () => new (class extends Response {})("subclass"),
  "stream-fails": () => begun((controller) => controller.error(new Error("stream failed"))),
  "stream-fails-with-text": () => begun((controller) => controller.error("text")),
};

/** What can be compared of a thrown value. */
function shown(error: unknown): unknown {
  return error instanceof Error
    ? [error.constructor.name, error.name, error.message, Object.keys(error)]
    : Object.prototype.toString.call(error);
}

function onError(this: unknown, ...args: unknown[]): unknown {
  seen.push([this === undefined, args.map(shown)]);
  switch (Object(args[0]).message) {
    case "answer throws":
      throw new Error("second");
    case "answer rejects":
      return Promise.reject(new Error("second"));
    case "answer nothing":
      return;
    case "answer heir":
      return Object.create(Response.prototype);
    case "answer later":
      return new Promise((resolve) => late(() => resolve(new Response("late", { status: 503 }))));
  }
  return new Response("from onError", { status: 418, headers: { "x-from": "onError" } });
}

Deno.serve({
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  onError: process.argv[2] === "default" ? undefined : onError,
}, function (this: unknown, request: Request, ...rest: unknown[]) {
  const path = new URL(request.url).pathname.slice(1);
  if (path === "seen") return Response.json([seen, seen = []][0]);
  if (path === "this") return Response.json([this === undefined, rest.length]);
  return routes[path]!();
});
