/** Senders that leave, and what the app sees of it. */

import type { At } from "../at.ts";
import { nameOf } from "../at.ts";
import type { Handler, Lines, Table } from "../case.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const unbuffered = { headers: { "x-accel-buffering": "no" } };

/** Resolves when the sender has left; the event lets it leave. */
function left(request: Request, at: At): Promise<void> {
  at.watch(request);
  at.saw("started");
  return new Promise((resolve) => request.signal.addEventListener("abort", () => resolve()));
}

/** A stream of one chunk, and no end. */
function endless(at: At, chunk = "one "): ReadableStream {
  return new ReadableStream({
    start: (controller) => controller.enqueue(encode(chunk)),
    cancel: (reason) => at.saw("cancel", reason),
  });
}

const early: Record<string, Handler> = {
  "the signal aborts": async (request, at) => {
    await left(request, at);
    return new Response("late");
  },
  "a handler throws the reason": async (request, at) => {
    await left(request, at);
    at.saw("reason", request.signal.reason);
    throw request.signal.reason;
  },
  "a handler answers with a stream": async (request, at) => {
    await left(request, at);
    return new Response(endless(at));
  },
  "throwIfAborted throws": async (request, at) => {
    await left(request, at);
    try {
      request.signal.throwIfAborted();
    } catch (error) {
      at.saw("thrown", error);
    }
    return new Response("late");
  },
  "onabort is called": (request, at) => {
    at.saw("started");
    return new Promise((resolve) => {
      request.signal.onabort = (event) => {
        at.saw("signal", event.type);
        resolve(new Response("late"));
      };
    });
  },
  "the signal of a clone aborts": (request, at) => {
    const { signal } = request.clone();
    at.saw("started");
    return new Promise((resolve) =>
      signal.addEventListener("abort", () => {
        at.saw("signal", signal.reason);
        resolve(new Response("late"));
      })
    );
  },
  "the signal of another Request aborts": (request, at) => {
    const { signal } = new Request(request);
    at.saw("started");
    return new Promise((resolve) =>
      signal.addEventListener("abort", () => {
        at.saw("signal", signal.reason);
        resolve(new Response("late"));
      })
    );
  },
  "AbortSignal.any aborts": (request, at) => {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(60_000)]);
    at.saw("started");
    return new Promise((resolve) =>
      signal.addEventListener("abort", () => {
        at.saw("signal", signal.reason);
        resolve(new Response("late"));
      })
    );
  },
  "a fetch with the signal rejects": async (request, at) => {
    at.watch(request);
    const response = await fetch(`${at.upstream}/endless`, { signal: request.signal });
    at.saw("started");
    await response.text().catch((error) => at.saw("fetch rejects", nameOf(error)));
    return new Response("late");
  },
};
const before: Lines = {};
for (const [what, handler] of Object.entries(early)) {
  before[`a sender that leaves before the head: ${what}`] = [
    { leaves: "started", awaits: ["signal"] },
    handler,
  ];
}
before["a sender of a form that leaves before the head"] = [
  { leaves: "started", awaits: ["signal"], body: "a form" },
  async (request, at) => {
    at.saw("read", await request.text());
    await left(request, at);
    return new Response("late");
  },
];

const bodies: Record<string, Handler> = {
  "a stream is cancelled": (request, at) => {
    at.watch(request);
    return new Response(endless(at), unbuffered);
  },
  "a stream is cancelled, unwatched": (_, at) => new Response(endless(at), unbuffered),
  "an event stream is cancelled": (request, at) => {
    at.watch(request);
    return new Response(endless(at, "data: one \n\n"), {
      headers: { "content-type": "text/event-stream" },
    });
  },
  "a stream that gives more is cancelled": (request, at) => {
    at.watch(request);
    let timer: ReturnType<typeof setInterval>;
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(encode("one "));
        timer = setInterval(() => controller.enqueue(encode("more ")), 20);
      },
      cancel(reason) {
        clearInterval(timer);
        at.saw("cancel", reason);
      },
    });
    return new Response(body, unbuffered);
  },
  "a stream of a known length is cancelled": (request, at) => {
    at.watch(request);
    return new Response(endless(at), {
      headers: { "content-length": "1000", "x-accel-buffering": "no" },
    });
  },
};
const during: Lines = {};
for (const [what, handler] of Object.entries(bodies)) {
  const awaits = what.includes("unwatched") ? ["cancel"] : ["signal", "cancel"];
  during[`a sender that leaves in a reply: ${what}`] = [
    { leaves: "one ", awaits, streamed: true },
    handler,
  ];
}
// Deno.serve does not always tell.
during["a sender that leaves in a reply: a fetch passed on is cancelled"] = [
  { leaves: "one ", awaits: ["signal"], streamed: true, on: ["bun", "node"] },
  async (request, at) => {
    at.watch(request);
    const { body } = await fetch(`${at.upstream}/endless`);
    return new Response(body, unbuffered);
  },
];
during["a sender that leaves in a reply: a generator is left"] = [
  { leaves: "one ", streamed: true, awaits: ["generator"] },
  (request, at) => {
    const generate = async function* () {
      try {
        yield encode("one ");
        await new Promise<void>((resolve) =>
          request.signal.addEventListener("abort", () => resolve())
        );
        yield encode("two ");
      } finally {
        at.saw("generator is left");
      }
    };
    return new Response(generate() as unknown as BodyInit, unbuffered);
  },
];
during["a sender that leaves in a reply: a writer is told"] = [
  { leaves: "one ", streamed: true, awaits: ["closed"] },
  (_, at) => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    writer.closed.then(() => at.saw("closed resolves"), () => at.saw("closed rejects"));
    writer.write(encode("one ")).catch(() => {});
    return new Response(readable, unbuffered);
  },
];

const uploading: Record<string, Handler> = {
  "text() rejects": async (request, at) => {
    at.watch(request);
    at.saw("started");
    await request.text().catch((error) => at.saw("read rejects", error));
    return new Response("late");
  },
  "a reader rejects": async (request, at) => {
    at.watch(request);
    at.saw("started");
    const reader = request.body!.getReader();
    try {
      while (!(await reader.read()).done);
    } catch (error) {
      at.saw("read rejects", error);
    }
    return new Response("late");
  },
  "formData() rejects": async (request, at) => {
    at.watch(request);
    at.saw("started");
    await request.formData().catch((error) => at.saw("read rejects", error));
    return new Response("late");
  },
  "the read of a clone rejects": async (request, at) => {
    at.watch(request);
    at.saw("started");
    const clone = request.clone();
    await clone.text().catch((error) => at.saw("read rejects", error));
    return new Response("late");
  },
  "a fetch with the body rejects": async (request, at) => {
    at.watch(request);
    at.saw("started");
    const init = { method: "POST", body: request.body, duplex: "half" } as RequestInit;
    await fetch(`${at.upstream}/echo`, init).then((response) => response.text())
      .catch(() => at.saw("read rejects"));
    return new Response("late");
  },
};
const uploads: Lines = {};
for (const [what, handler] of Object.entries(uploading)) {
  uploads[`a sender that leaves in its upload: ${what}`] = [
    {
      body: "the first half",
      declares: 1000,
      headers: ["Content-Type: application/x-www-form-urlencoded"],
      leaves: "started",
      awaits: ["read rejects", "signal"],
    },
    handler,
  ];
}
uploads["a sender that leaves in its upload: an unread body"] = [
  { body: "half", declares: 1000, leaves: "started", awaits: ["signal"] },
  async (request, at) => {
    await left(request, at);
    return new Response("late");
  },
];

/** A stream whose chunk is all that it gives, and whose end comes later. */
function endingLate(chunk: Uint8Array): ReadableStream {
  return new ReadableStream({
    async start(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      controller.enqueue(chunk);
      await new Promise((resolve) => setTimeout(resolve, 100));
      try {
        controller.close();
      } catch {
        // It was cancelled at its length.
      }
    },
  });
}

/** Replies that are delivered: nobody has left. */
const delivered: Record<string, Handler> = {
  "a string": (request, at) => (at.watch(request), new Response("a string")),
  "a stream": (request, at) => {
    at.watch(request);
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(encode("one "));
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.close();
      },
      cancel: (reason) => at.saw("cancel", reason),
    });
    return new Response(body);
  },
  "a stream whose end comes after its length": (request, at) => {
    at.watch(request);
    return new Response(endingLate(encode("one ")), { headers: { "content-length": "4" } });
  },
  "an unbuffered stream whose end comes after its length": (request, at) => {
    at.watch(request);
    return new Response(endingLate(encode("one ")), {
      headers: { "content-length": "4", "x-accel-buffering": "no" },
    });
  },
  "a long stream whose end comes after its length": (request, at) => {
    at.watch(request);
    return new Response(endingLate(new Uint8Array(300_000).fill(65)), {
      headers: { "content-length": "300000" },
    });
  },
  "no content": (request, at) => (at.watch(request), new Response(null, { status: 204 })),
  "an upload": async (request, at) => (at.watch(request), new Response(await request.text())),
};
const ends: Lines = {};
for (const [what, handler] of Object.entries(delivered)) {
  const body = what === "an upload" ? { body: "uploaded" } : {};
  ends[`the signal once ${what} is delivered`] = [{ streamed: true, ...body }, handler];
}

export const aborts: readonly Table[] = [
  {
    row: "The signal aborts when the browser disconnects",
    cases: { ...before, ...during, ...uploads, ...ends },
  },
];
