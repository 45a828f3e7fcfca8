/** What becomes of failures, as far as it needs no socket. */

import { describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ScgiError } from "../../src/errors.ts";
import { type Call, call, type Reply } from "../support/call.ts";

const PLAIN_500 = {
  status: "500 Internal Server Error",
  headers: ["content-type: text/plain;charset=UTF-8", "content-length: 22"],
  body: "Internal Server Error\n",
};
const secret = new Error("secret");

/** A handler that is none by its type. */
const app = (run: () => unknown) => run as () => Response;

function failing(): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.error(secret) });
}

/** A stream that gives one chunk and fails later. */
function failingLater(): ReadableStream {
  let pulls = 0;
  return new ReadableStream({
    async pull(controller) {
      if (pulls++ === 0) return controller.enqueue(new TextEncoder().encode("first"));
      await sleep(2);
      controller.error(secret);
    },
  }, { highWaterMark: 0 });
}

describe("is 500 with no detail, and reported once with its request:", () => {
  const failures: Record<string, () => unknown> = {
    "a throw": () => {
      throw secret;
    },
    "a rejection": () => Promise.reject(secret),
    "a later rejection": async () => {
      await sleep(2);
      throw secret;
    },
    "undefined": () => undefined,
    "null": () => null,
    "a string": () => "hello",
    "an object that is no Response": () => ({ status: 200, headers: new Headers(), body: null }),
    "a promise of nothing": () => Promise.resolve(),
    "a stream that fails at once": () => new Response(failing()),
    "a stream that fails after a chunk that had not left": () => {
      let pulls = 0;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (pulls++ === 0) controller.enqueue(new Uint8Array(3));
            else controller.error(secret);
          },
        }),
      );
    },
    "a stream of what is no bytes": () =>
      new Response(new ReadableStream({ start: (controller) => controller.enqueue(5) })),
    "a body that was read": async () => {
      const response = new Response("x");
      await response.text();
      return response;
    },
    "a body that is locked": () => {
      const response = new Response(new Blob(["x"]).stream());
      response.body!.getReader();
      return response;
    },
    "status 101": () => new Response(null, { status: 101 }),
    "Response.error()": () => Response.error(),
    "a control character in a header": () => new Response("x", { headers: { a: "\x01" } }),
    "one in a header of a stream": () => new Response(failingLater(), { headers: { a: "\x7f" } }),
    "a Location that is none": () => new Response("x", { headers: { location: "//[" } }),
  };
  for (const [what, run] of Object.entries(failures)) {
    test(what, async () => {
      const { errors, ...reply } = await call(app(run), { uri: "/failing" });
      expect(reply).toEqual(PLAIN_500);
      expect(errors).toHaveLength(1);
      expect(errors[0]!.error).toBeInstanceOf(Error);
      expect(errors[0]!.request?.url).toBe("http://h/failing");
    });
  }

  test("and the error is the one that was thrown", async () => {
    expect((await call(app(failures["a throw"]!))).errors[0]!.error).toBe(secret);
    expect((await call(app(failures["a rejection"]!))).errors[0]!.error).toBe(secret);
    expect((await call(app(failures["a stream that fails at once"]!))).errors[0]!.error)
      .toBe(secret);
  });

  test("whatever is thrown", async () => {
    for (const thrown of [undefined, null, 0, "text", { status: 418 }]) {
      const { errors, ...reply } = await call(() => Promise.reject(thrown));
      expect(reply).toEqual(PLAIN_500);
      expect(errors.map(({ error }) => error)).toEqual([thrown]);
    }
  });

  test("to HEAD without the body", async () => {
    const { errors: _, ...reply } = await call(() => Promise.reject(secret), { method: "HEAD" });
    expect(reply).toEqual({ ...PLAIN_500, body: "" });
  });

  test("an error of this package that a handler throws is no different", async () => {
    const error = new ScgiError("OPTION_INVALID", "secret", { status: 400 });
    const { errors: _, ...reply } = await call(() => Promise.reject(error));
    expect(reply).toEqual(PLAIN_500);
  });
});

describe("onError", () => {
  const fail = (): Promise<Response> => Promise.reject(secret);
  const answer = (
    onError: NonNullable<Call["onError"]>,
    run: () => Response | Promise<Response> = fail,
  ) => call(run, { onError });

  test("may give its own Response, at once or later", async () => {
    const init = { status: 503, headers: { "retry-after": "5" } };
    for (const later of [false, true]) {
      const response = () => new Response("Sorry", init);
      const reply = await answer(() => later ? Promise.resolve(response()) : response());
      expect(reply.status).toBe("503 Service Unavailable");
      expect(reply.headers).toContain("retry-after: 5");
      expect(reply.body).toBe("Sorry");
    }
  });

  test("may give nothing, at once or later", async () => {
    for (const nothing of [undefined, Promise.resolve(undefined)]) {
      const { errors: _, ...reply } = await answer(() => nothing);
      expect(reply).toEqual(PLAIN_500);
    }
  });

  const broken: Record<string, NonNullable<Call["onError"]>> = {
    throws: () => {
      throw new Error("second");
    },
    rejects: () => Promise.reject(new Error("second")),
    "gives what cannot be sent": () => new Response(null, { status: 101 }),
    "gives what cannot be sent later": () => Promise.resolve(Response.error()),
    "gives a stream that fails": () => new Response(failing()),
    "gives what is no Response": () => "sorry" as never,
  };
  for (const [what, onError] of Object.entries(broken)) {
    test(`that ${what} cannot stop the plain reply`, async () => {
      for (
        const run of [
          fail,
          app(() => 5),
          () => Promise.resolve(new Response(failing())),
        ]
      ) {
        const { errors: _, ...reply } = await within(1000, answer(onError, run));
        expect(reply).toEqual(PLAIN_500);
      }
    });

    test(`that ${what} cannot stop the reply to a bad head`, async () => {
      const reply = await within(1000, call(() => new Response(), { wire: "hello", onError }));
      expect(reply.status).toMatch(/^(?:400|500) /);
    });
  }
});

describe("a stream that fails after its head has left", () => {
  const fail = (headers = {}, onError?: () => Response) =>
    call(() => new Response(failingLater(), { headers }), { onError });

  test("ends short of its declared length", async () => {
    const { headers, body } = await fail({ "content-length": "99" });
    expect(headers).toEqual(["content-length: 99"]);
    expect(body).toBe("first");
  });

  test("is reported once, and what onError gives is ignored", async () => {
    const { status, body, errors } = await fail({}, () => new Response("ignored"));
    expect({ status, body }).toEqual({ status: "200 OK", body: "first" });
    expect(errors.map(({ error }) => error)).toEqual([secret]);
  });

  test("rejects ctx.completed with its error, and nothing is unhandled", async () => {
    let completed: Promise<void> | undefined;
    await call((_, __, ctx) => {
      completed = ctx.completed;
      return new Response(failingLater());
    });
    await expect(completed!).rejects.toBe(secret);
  });
});

/** What a promise gives, where it gives it in time. */
function within(ms: number, promise: Promise<Reply>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No reply within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
