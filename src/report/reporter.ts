/**
 * Calls a user's callbacks so that their failures harm nothing, and reports failures by `onError`, or
 * on stderr.
 *
 * @module
 */

import { asScgiError } from "../errors.ts";
import { complain, complainOf } from "./diagnostics.ts";

/** The result of a user's `onError`. */
export type OnErrorResult = Response | undefined | void | Promise<Response | undefined | void>;

/** A user's `onError`. */
export type OnError = (error: unknown, request: Request | undefined) => OnErrorResult;

/**
 * Makes the function that reports failures. Where `onError` itself fails, `print` is given the
 * failure that it was called with, and the first time its own as well.
 */
export function reporter(
  onError: OnError,
  print: (error: unknown) => undefined,
): OnError {
  const tellOnce = once(print);
  return (error, request) => {
    const failed = (second: unknown): undefined => {
      if (second !== error) tellOnce(second);
      return print(error);
    };
    try {
      const answer = onError(error, request);
      return isThenable(answer) ? Promise.resolve(answer as OnErrorResult).catch(failed) : answer;
    } catch (second) {
      return failed(second);
    }
  };
}

/** A user's callback whose failures harm nothing; the first of them is given to `report`. */
export function guarded<Value>(
  callback: (value: Value) => unknown,
  report: (error: unknown) => unknown,
): (value: Value) => void {
  const tellOnce = once(report);
  return (value) => {
    try {
      const result = callback(value);
      if (isThenable(result)) Promise.resolve(result).catch(tellOnce);
    } catch (error) {
      tellOnce(error);
    }
  };
}

/** Reports a failure on stderr, where a server has no `onError`. It never throws. */
export function printError(error: unknown): undefined {
  try {
    const ours = asScgiError(error);
    if (ours === undefined || ours.status === 500) return complainOf(error) as undefined;
    // A path outside of the mount is an answer, as a 404 of the app is.
    if (ours.code !== "PREFIX_MISMATCH") complain(`${ours.message} (${ours.code})`);
  } catch (second) {
    // A class that extends ours has getters of its own.
    complainOf(second);
  }
}

function once(action: (error: unknown) => unknown): (error: unknown) => void {
  let done = false;
  return (error) => {
    if (done) return;
    done = true;
    action(error);
  };
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | undefined | null)?.then === "function";
}
