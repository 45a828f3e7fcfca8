/**
 * The failures behind thrown values: an app throws the reason of its request's signal, or what a function
 * made of that reason.
 *
 * @module
 */

import { asScgiError, isInstance, type ScgiError } from "../errors.ts";

/**
 * The failure behind a reason, or behind an AbortError that a function threw because of one; else the
 * thrown value itself.
 */
export function failureOf(error: unknown): unknown {
  return behindReason(error) ?? behindReason(causeOf(error, "AbortError")) ?? error;
}

function behindReason(value: unknown): ScgiError | undefined {
  return isInstance(value, DOMException) ? asScgiError(causeOf(value)) : undefined;
}

/** The cause of an error, of that name where one is given; undefined where reading it throws. */
function causeOf(error: unknown, name?: string): unknown {
  try {
    if (!(error instanceof Error) || name !== undefined && error.name !== name) return undefined;
    return error.cause;
  } catch {
    return undefined;
  }
}
