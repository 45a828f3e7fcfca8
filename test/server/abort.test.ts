/** The reason of a signal. */

import { describe, expect, test } from "bun:test";
import { ScgiError, type ScgiErrorCode } from "../../src/errors.ts";
import { failureOf } from "../../src/report/failure.ts";
import { Abort, abortReason, cancelReason } from "../../src/server/abort.ts";

const gone = () => new ScgiError("CLIENT_GONE", "The client disconnected");
const slow = () => new ScgiError("BODY_TIMEOUT", "The body arrived too slowly", { status: 408 });

describe("the reason that is made of a failure", () => {
  const names: [ScgiErrorCode, name: string, code: number][] = [
    ["CLIENT_GONE", "AbortError", 20],
    ["BODY_CUT", "AbortError", 20],
    ["SHUTDOWN", "AbortError", 20],
    ["RESPONSE_LENGTH", "AbortError", 20],
    ["BODY_TIMEOUT", "TimeoutError", 23],
    ["REQUEST_TIMEOUT", "TimeoutError", 23],
    ["WRITE_TIMEOUT", "TimeoutError", 23],
  ];
  for (const [code, name, legacy] of names) {
    test(`is a DOMException: of ${code} it is named ${name}`, () => {
      const failure = new ScgiError(code, "It failed");
      const reason = abortReason(failure);
      expect(reason).toBeInstanceOf(DOMException);
      expect(reason).toBeInstanceOf(Error);
      expect([reason.name, reason.message, reason.code]).toEqual([name, "It failed", legacy]);
      expect((reason as Error).cause).toBe(failure);
    });
  }

  test("shows no more than an AbortError of the runtime does", () => {
    expect(Object.keys(abortReason(gone()))).toEqual(
      Object.keys(new DOMException("", "AbortError")),
    );
    expect(String(abortReason(gone()))).toBe("AbortError: The client disconnected");
  });

  test("answers as the failure does, for Hono", async () => {
    const { getResponse } = abortReason(slow()) as unknown as ScgiError;
    const response = getResponse();
    expect([response.status, await response.text()]).toEqual([
      408,
      "The body arrived too slowly\n",
    ]);
    const reason = abortReason(gone()) as unknown as ScgiError;
    let thrown: unknown;
    try {
      reason.getResponse();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(reason);
  });
});

describe("the reason of a stream's cancel", () => {
  test("is a reason of the failure, and any other value is itself", () => {
    const failure = gone();
    const reason = cancelReason(failure) as DOMException;
    expect([reason.name, failureOf(reason)]).toEqual(["AbortError", failure]);
    const own = new Error("own");
    expect(cancelReason(own)).toBe(own);
    expect(cancelReason(undefined)).toBeUndefined();
  });
});

describe("an abort", () => {
  test("has one reason: that of the first failure, before and after the signal is looked at", () => {
    for (const early of [true, false]) {
      const abort = new Abort();
      const signal = early ? abort.signal : undefined;
      const failure = gone();
      abort.abort(failure);
      abort.abort(slow());
      expect([abort.aborted, abort.failure]).toEqual([true, failure]);
      expect((signal ?? abort.signal).reason).toBe(abort.reason);
      expect(failureOf(abort.reason)).toBe(failure);
    }
  });
});
