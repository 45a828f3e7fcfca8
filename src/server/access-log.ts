/**
 * The access log of a server: keeps what a line shows of a request, and writes the line when its
 * response has ended.
 *
 * @module
 */

import type { Variables } from "../cgi/variables.ts";
import type { LogFormat } from "./log-format.ts";

/** A request as it came. */
export interface Arrival {
  readonly variables: Variables;
  /** The time of the day, in milliseconds since 1970. */
  readonly time: number;
}

/** The access log of one server. */
export class AccessLog {
  readonly #format: LogFormat;
  readonly #write: (line: string) => void;

  constructor(format: LogFormat, write: (line: string) => void) {
    this.#format = format;
    this.#write = write;
  }

  /** A request that comes now; without variables for a head that was refused. */
  arrival(variables: Variables = {}): Arrival {
    // The handler may write to the variables that it is given.
    const kept: Variables = {};
    for (const name of this.#format.variables) {
      const value = variables[name];
      if (value !== undefined) kept[name] = value;
    }
    return { variables: kept, time: Date.now() };
  }

  /**
   * Writes the line of a request.
   *
   * @param duration In milliseconds, from the head to the end of the response.
   */
  write(
    { variables, time }: Arrival,
    { status, bodyBytes: bytes }: { readonly status: number; readonly bodyBytes: number },
    duration: number,
  ): void {
    this.#write(this.#format.line({ variables, status, bytes, time, duration }));
  }
}
