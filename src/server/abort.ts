/**
 * The abort of a request: the reason of its signal, and the lazy signal itself. Few handlers look at
 * it, and a signal costs as much as reading the request.
 *
 * @module
 */

import { asScgiError, type ScgiError, type ScgiErrorCode } from "../errors.ts";

/** The codes of the time-outs that end a request. */
const TIMEOUTS: ReadonlySet<ScgiErrorCode> = new Set<ScgiErrorCode>([
  "BODY_TIMEOUT",
  "HEAD_TIMEOUT",
  "REQUEST_TIMEOUT",
  "WRITE_TIMEOUT",
]);

/**
 * The reason that an app is given for a failure of its request, by its signal, its reads of the body
 * and the cancel of its streams: a `DOMException` named `AbortError`, or `TimeoutError` where a
 * time-out ended the request, as the runtimes' own servers and `fetch()` give it. Its `cause` is the
 * failure, and it has the failure's `getResponse()`.
 *
 * @see https://webidl.spec.whatwg.org/#dfn-error-names-table
 */
export function abortReason(failure: ScgiError): DOMException {
  const name = TIMEOUTS.has(failure.code) ? "TimeoutError" : "AbortError";
  const reason = new DOMException(failure.message, name);
  const getResponse = (): Response => {
    if (failure.status === undefined) throw reason;
    return failure.getResponse();
  };
  Object.defineProperties(reason, {
    cause: { value: failure, writable: true, configurable: true },
    // Hono answers with it, where the app lets the failure of a read pass.
    getResponse: { value: getResponse, writable: true, configurable: true },
  });
  return reason;
}

/** The reason to cancel a stream with, whose response failed with a thrown value. */
export function cancelReason(error: unknown): unknown {
  const failure = asScgiError(error);
  return failure === undefined ? error : abortReason(failure);
}

/** An AbortController whose signal is made at the first look. */
export class Abort {
  /** The failure that aborted the request; undefined until then. */
  failure: ScgiError | undefined = undefined;
  /** The reason of the signal; undefined until then. */
  reason: DOMException | undefined = undefined;
  #controller: AbortController | undefined;

  /** Whether the request was aborted. */
  get aborted(): boolean {
    return this.failure !== undefined;
  }

  /** The signal of the request. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** Takes the controller of a signal that was not made here, before any was. */
  adopt(controller: AbortController): void {
    this.#controller = controller;
    if (this.aborted) controller.abort(this.reason);
  }

  /** Aborts the request; the first failure counts. */
  abort(failure: ScgiError): void {
    if (this.aborted) return;
    this.failure = failure;
    this.reason = abortReason(failure);
    this.#controller?.abort(this.reason);
  }
}
