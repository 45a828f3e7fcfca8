/** The failure behind a thrown value. */

import { describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ScgiError } from "../../src/errors.ts";
import { failureOf } from "../../src/report/failure.ts";
import { Abort, abortReason } from "../../src/server/abort.ts";

const gone = () => new ScgiError("CLIENT_GONE", "The client disconnected");

describe("the failure behind a thrown value", () => {
  test("is that of a reason, and any other value is itself", () => {
    const failure = gone();
    expect(failureOf(abortReason(failure))).toBe(failure);
    const others = [
      failure,
      new Error("own", { cause: failure }),
      new DOMException("own", "AbortError"),
      Object.defineProperty(new DOMException("own", "AbortError"), "cause", { value: "text" }),
      Object.defineProperty(new DOMException("own", "AbortError"), "cause", {
        get() {
          throw new Error("no cause");
        },
      }),
      undefined,
      null,
      "text",
      { cause: failure },
    ];
    for (const other of others) expect(failureOf(other)).toBe(other);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(failureOf(proxy) === proxy).toBe(true);
  });

  test("is that of AbortErrors which functions with a signal throw", async () => {
    const abort = new Abort();
    const waits = sleep(60_000, undefined, { signal: abort.signal }).catch((error) => error);
    abort.abort(gone());
    const thrown = await waits;
    expect([thrown === abort.reason, thrown.name]).toEqual([false, "AbortError"]);
    expect(failureOf(thrown)).toBe(abort.failure);
    const wrapped = new Error("own", { cause: abort.reason });
    const { proxy, revoke } = Proxy.revocable(new Error(), {});
    revoke();
    expect(failureOf(wrapped)).toBe(wrapped);
    expect(failureOf(proxy) === proxy).toBe(true);
  });
});
