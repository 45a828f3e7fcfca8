/**
 * The abort of a request, with a lazy signal: few handlers look at it, and a signal costs as much as
 * reading the request.
 *
 * @module
 */

/** An AbortController whose signal is made at the first look. */
export class Abort {
  /** Whether the request was aborted. */
  aborted = false;
  /** The reason of the signal. */
  reason: unknown = undefined;
  #controller: AbortController | undefined;

  /** The signal of the request. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** Aborts the request; the first reason counts. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#controller?.abort(reason);
  }
}
