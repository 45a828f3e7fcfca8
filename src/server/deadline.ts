/**
 * The deadline of a connection's phase.
 *
 * @module
 */

import type { ScgiError } from "../errors.ts";

/** The time until which a phase has to end, and the error of the phase that does not. */
export class Deadline {
  #at = 0;
  #error: (() => ScgiError) | undefined;

  /** Enters a phase that may last so many milliseconds from now on; 0 is no limit. */
  set(now: number, timeout: number, error: () => ScgiError): void {
    this.#at = timeout > 0 ? now + timeout : 0;
    this.#error = error;
  }

  /** Enters a phase without a limit. */
  clear(): void {
    this.#at = 0;
  }

  /** The error of a phase whose time is over, once; undefined until then. */
  expired(now: number): ScgiError | undefined {
    if (this.#at === 0 || now < this.#at) return undefined;
    this.#at = 0;
    return this.#error!();
  }
}
