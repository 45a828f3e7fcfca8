/**
 * The order of what a socket sends, where the bytes of a Blob have to be read first.
 *
 * @module
 */

/** Actions of which each waits for those before it. */
export class SendOrder {
  readonly #report: (error: unknown) => void;
  #last: Promise<void> | undefined;

  /** @param report Takes what an action throws. */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Whether an action has not ended yet, so that what is sent now has to wait. */
  get busy(): boolean {
    return this.#last !== undefined;
  }

  /** Does something once all actions before have ended. */
  add(action: () => void | Promise<void>): void {
    const last = (this.#last ?? Promise.resolve()).then(action)
      .catch((error) => this.#report(error))
      .then(() => {
        if (this.#last === last) this.#last = undefined;
      });
    this.#last = last;
  }
}
