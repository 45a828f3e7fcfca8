/** Handlers whose clients leave. */

import { setTimeout as sleep } from "node:timers/promises";
import { bytes, code, type Routes, see, watch, watched } from "./seen.ts";

function departure(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
}

let aborts = 0;

export const abortRoutes: Routes = {
  /** Waits for the client to leave, and answers with a stream then. */
  "wait": async ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    await departure(request.signal);
    await sleep(20);
    return new Response(watched(id, { pull: (c) => c.enqueue(bytes("nobody is here\n")) }));
  },

  /** Waits as well, and wants nothing of the body. */
  "wait-bodiless": async ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    await request.body!.cancel();
    await departure(request.signal);
    return new Response();
  },

  /** Rejects with the signal's reason once the client has left. */
  "reject-with-reason": async ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    await departure(request.signal);
    throw request.signal.reason;
  },

  /** Rejects with the error that a function of Node makes of the signal's reason. */
  "sleep-with-signal": async ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    await sleep(60_000, undefined, { signal: request.signal }).catch((error) => {
      see(id, { rejected: error.name, of: error.cause === request.signal.reason });
      throw error;
    });
    return new Response();
  },

  /** Streams, and lets work with its signal go on beside. */
  "work-with-signal": ({ request, words: [id = ""], ctx }) => {
    watch(id, request.signal);
    const { signal } = request;
    ctx.waitUntil(sleep(60_000, undefined, { signal }));
    ctx.waitUntil(departure(signal).then(() => signal.throwIfAborted()));
    return new Response(watched(id, {
      async pull(controller) {
        await sleep(5);
        controller.enqueue(bytes("tick\n"));
      },
    }));
  },

  /** Streams, and begins work with its signal that nothing waits for. */
  "forgotten-work": ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    void sleep(60_000, undefined, { signal: request.signal });
    return new Response(watched(id, {
      async pull(controller) {
        await sleep(5);
        controller.enqueue(bytes("tick\n"));
      },
    }));
  },

  /** Streams, and notes what becomes of everything that has the request's signal. */
  "reasons": ({ request, words: [id = ""], query, ctx }) => {
    watch(id, request.signal);
    const { signal } = request;
    const reasons: unknown[] = [];
    const note = (reason: unknown) => {
      reasons.push(reason);
      see(id, {
        noted: reasons.length,
        names: reasons.map((one) => (one as Error).name),
        real: reasons.every((one) => one instanceof DOMException && one instanceof Error),
        same: reasons.every((one) => one === signal.reason),
        cause: code((signal.reason as Error)?.cause),
        text: String(signal.reason),
      });
    };
    signal.addEventListener("abort", () => note(signal.reason));
    ctx.completed.catch((error) => see(id, { completed: error === signal.reason.cause }));
    fetch(query.get("upstream")!, { signal }).catch(note);
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await sleep(5);
          controller.enqueue(new Uint8Array(1000));
        },
        cancel: note,
      }),
    );
  },

  /** Notes whether what is made of a request learns of the departure. */
  "descendants": async ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    const clone = request.clone();
    const wrapped = new Request(request);
    clone.signal.addEventListener("abort", () => see(id, { clone: code(clone.signal.reason) }));
    wrapped.signal.addEventListener(
      "abort",
      () => see(id, { wrapped: code(wrapped.signal.reason) }),
    );
    await departure(request.signal);
    return new Response();
  },

  /** Forwards the request to where its Host says. */
  "forward": async ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    try {
      return await fetch(request);
    } catch (error) {
      see(id, { fetchFailed: code(error) });
      throw error;
    }
  },

  /** Says something, and then nothing more. */
  "quiet": ({ request, words: [id = ""], query }) => {
    watch(id, request.signal);
    const type = query.get("type");
    return new Response(
      watched(id, { start: (controller) => controller.enqueue(bytes("first\n")) }),
      type === null ? {} : { headers: { "content-type": type } },
    );
  },

  /** Says something every 20 ms. */
  "ticks": ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    return new Response(watched(id, {
      async pull(controller) {
        await sleep(20);
        controller.enqueue(bytes("tick\n"));
      },
    }));
  },

  /** Pushes on into its stream after that was cancelled. */
  "pushes-on": ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    return new Response(watched(id, {
      async start(controller) {
        try {
          for (let turn = 0; turn < 400; turn++) {
            await sleep(10);
            controller.enqueue(bytes("more\n"));
          }
        } finally {
          see(id, { over: true });
        }
      },
    }));
  },

  /** Answers after a while. */
  "late": async ({ request, words: [id = "", ms = "300"] }) => {
    watch(id, request.signal);
    await sleep(Number(ms));
    return new Response("late\n");
  },

  /** Streams for a while, whether anybody is there or not. */
  "late-stream": ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    let turn = 0;
    return new Response(watched(id, {
      async pull(controller) {
        await sleep(50);
        if (turn++ < 5) controller.enqueue(bytes(`${turn}\n`));
        else controller.close();
      },
    }));
  },

  /** Says so, and lets nothing else run for a while. */
  "block": ({ words: [ms] }) => {
    console.log("blocking");
    const until = performance.now() + Number(ms);
    while (performance.now() < until);
    return new Response("blocked\n");
  },

  /** Works on after its reply. */
  "work": ({ ctx: { waitUntil }, words: [id, ms] }) => {
    waitUntil(sleep(Number(ms)).then(() => console.log(`work done ${id}`)));
    return new Response("working\n");
  },

  /** Counts the aborts of all of its requests; some wait long enough to be watched. */
  "tally": async ({ request, words: [how], query }) => {
    if (how === "aborts") return new Response(String(aborts));
    request.signal.addEventListener("abort", () => aborts++);
    if (query.has("wait")) await sleep(10);
    if (query.has("stream")) return new Response(new Blob(["delivered"]).stream());
    return new Response("delivered");
  },
};
