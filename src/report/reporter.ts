/**
 * Reports failures to `onError`, or on stderr. A callback of the app that fails itself is reported,
 * and has no other effect.
 *
 * @module
 */

import { asScgiError } from "../errors.ts";
import { complain, complainOf } from "./diagnostics.ts";

/** The result of an app's `onError`. */
export type OnErrorResult = Response | undefined | void | Promise<Response | undefined | void>;

/** An app's `onError`. */
export type OnError = (error: unknown, request: Request | undefined) => OnErrorResult;

/**
 * Wraps `onError` so that it never throws. If it fails, `print` reports the error that it was
 * called with, and the first time the error of `onError` as well.
 */
export function reporter(
  onError: OnError,
  print: (error: unknown) => undefined,
): OnError {
  const reportOnce = once(print);
  return (error, request) => {
    const failed = (second: unknown): undefined => {
      if (second !== error) reportOnce(second);
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

/** Wraps a callback of the app so that it never throws. `report` gets its first failure. */
export function guarded<Value>(
  callback: (value: Value) => unknown,
  report: (error: unknown) => unknown,
): (value: Value) => void {
  const reportOnce = once(report);
  return (value) => {
    try {
      const result = callback(value);
      if (isThenable(result)) Promise.resolve(result).catch(reportOnce);
    } catch (error) {
      reportOnce(error);
    }
  };
}

/** Reports a failure on stderr: the default `onError`. It never throws. */
export function printError(error: unknown): undefined {
  try {
    const ours = asScgiError(error);
    if (ours === undefined || ours.status === 500) return complainOf(error) as undefined;
    // A path outside the mount is not a failure: its response is a 404, like one of the app.
    if (ours.code !== "PREFIX_MISMATCH") complain(`${ours.message} (${ours.code})`);
  } catch (second) {
    // A subclass of ScgiError may have getters that throw.
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
