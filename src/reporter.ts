/**
 * Tells of failures: to a user's `onError`, so that what fails in it can harm nothing, or to stderr.
 *
 * @module
 */

import { asScgiError } from "./errors.ts";
import type { Host } from "./host.ts";
import type { ServeOptions } from "./options.ts";

/** Makes the function that tells of failures; `failed` is told of what `onError` itself throws. */
export function reporter(
  onError: NonNullable<ServeOptions["onError"]>,
  failed: (error: unknown) => undefined,
): Host["report"] {
  return (error, request) => {
    try {
      const answer = onError(error, request);
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (second) {
      return failed(second);
    }
  };
}

/** What a server does with a failure where its user says nothing. */
export function printError(error: unknown): undefined {
  const ours = asScgiError(error);
  if (ours !== undefined && ours.status !== 500) {
    // A path outside of the mount is an answer, as a 404 of the app is.
    if (ours.code === "PREFIX_MISMATCH") return;
    console.error(`scgi: ${ours.message} (${ours.code})`);
  } else {
    console.error("scgi:", error);
  }
}
