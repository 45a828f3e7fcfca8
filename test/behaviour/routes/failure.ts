/** Handlers that fail, each in its own way. */

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { bytes, code, type Routes, see, watch, watched } from "./seen.ts";

/** By then the peer has sent its request, on a busy machine as well. */
const LATER_MS = 150;
const DETAIL = "a detail that is nobody's business";
const values: Record<string, unknown> = {
  error: new Error(DETAIL),
  string: DETAIL,
  undefined: undefined,
  null: null,
};

/** A stream that gives some text, if any, and then fails. */
function failing(id: string, text?: string): ReadableStream<Uint8Array> {
  return watched(id, {
    async start(controller) {
      if (text !== undefined) {
        controller.enqueue(bytes(text));
        // The head leaves in the next turn of the event loop, which may come late on a busy machine.
        for (let turn = 0; turn < 3; turn++) await nextTurn();
        await sleep(LATER_MS);
      }
      controller.error(new Error(DETAIL));
    },
  });
}

export const failureRoutes: Routes = {
  "throw": ({ words: [what = "error"] }) => {
    throw values[what];
  },
  "reject": async ({ words: [what = "error"] }) => {
    await sleep(1);
    throw values[what];
  },

  /** Gives something else than a Response. */
  "give": ({ words: [what] }) => {
    const values: Record<string, unknown> = {
      nothing: undefined,
      null: null,
      text: "text",
      object: { status: 200 },
      promise: Promise.resolve(7),
    };
    return values[what!] as Response;
  },

  /** Fails before anything of it has left, with and without a wait. */
  "fail-at-once": ({ words: [id = ""] }) => new Response(failing(id)),
  "fail-late": ({ words: [id = ""] }) =>
    new Response(watched(id, {
      async pull() {
        await Promise.resolve();
        throw new Error(DETAIL);
      },
    })),

  /** Fails in the middle, with the length declared or not. */
  "fail": ({ words: [length] }) =>
    new Response(
      failing("", "half of it"),
      length === undefined ? {} : { headers: { "content-length": length } },
    ),

  /** Gives a stream behind a head that cannot be sent. */
  "bad-head": ({ words: [id = ""] }) =>
    new Response(watched(id, { pull: (controller) => controller.enqueue(bytes("more\n")) }), {
      headers: { "x-control": "a\x01b" },
    }),
  "bad-head-text": () => new Response("text", { headers: { "x-control": "a\x01b" } }),

  "used": async () => {
    const response = new Response("used");
    await response.text();
    return response;
  },
  "used-stream": async () => {
    const response = new Response(new Blob(["used"]).stream());
    await response.text();
    return response;
  },
  "locked": () => {
    const response = new Response(new Blob(["locked"]).stream());
    response.body!.getReader();
    return response;
  },
  "error-response": () => Response.error(),
  "upgrade": () => new Response(null, { status: 101 }),

  /** Takes too long, and fails with the signal's reason when that aborts. */
  "too-long": async ({ request, words: [id = ""] }) => {
    watch(id, request.signal);
    await new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => reject(request.signal.reason));
    });
    return new Response();
  },
  /** Takes too long, and never looks up. */
  "stuck": ({ request, words: [id = ""], ctx }) => {
    watch(id, request.signal);
    const { signal } = request;
    signal.addEventListener("abort", () => console.log(`aborted ${id} ${code(signal.reason)}`));
    ctx.completed.then(
      () => see(id, { completed: "resolved" }),
      (error) => see(id, { completed: code(error) }),
    );
    return new Promise(() => {});
  },

  /** Lets a rejection of its own go unhandled. */
  "unhandled": () => {
    Promise.reject(new Error("nobody handles this"));
    return new Response("unhandled\n");
  },
};
