/**
 * Tells a user's `onError` of failures, so that what fails in it can harm nothing.
 *
 * @module
 */

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
