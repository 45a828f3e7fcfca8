/**
 * The end of a request before its time, with a signal that is made when somebody asks for it: few
 * handlers do, and a signal costs as much as reading the request.
 *
 * @module
 */

/** What aborts a request. */
export class Abort {
  /** Whether it has. */
  aborted = false;
  /** Why. */
  reason: unknown = undefined;
  #controller: AbortController | undefined;

  /** Tells those who work on the request. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** Ends it; the first reason counts. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#controller?.abort(reason);
  }
}
