/**
 * The failures of one exchange: which are reported, and the Responses that tell of them.
 *
 * @module
 */

import { asScgiError, type ScgiError } from "../errors.ts";
import { failureOf } from "../report/failure.ts";
import type { OnErrorResult } from "../report/reporter.ts";
import type { Abort } from "./abort.ts";
import type { Failure } from "./context.ts";
import * as failures from "./failures.ts";
import type { ServerInternals } from "./internals.ts";
import { isUpgradeRefusal } from "./upgrade.ts";

/** Whether a failure is that of `sendFile` for a path that the client chose: a 404, and no fault. */
function isFileRefusal({ code }: ScgiError): boolean {
  return code === "FILE_REFUSED";
}

/** The failures of one exchange. */
export class FailureReports {
  /** The failure that this server found, in the place of a Response. */
  found: ScgiError | undefined;
  readonly #server: ServerInternals;
  readonly #abort: Abort;
  /** The failure that was reported last. */
  #reported: Failure | undefined;

  /** @param abort The abort of the exchange. */
  constructor(server: ServerInternals, abort: Abort) {
    this.#server = server;
    this.#abort = abort;
  }

  /**
   * Reports a failure, but not again the reason of the signal, and no disconnect: closed tabs are not
   * errors. For the reason of the signal the user is given the failure behind it.
   */
  report(thrown: unknown, request: Request | undefined): OnErrorResult {
    const error = failureOf(thrown);
    const ours = asScgiError(error);
    if (ours?.code === "TOO_MANY_CONNECTIONS") return this.#server.warn(ours);
    if (ours !== undefined && isUpgradeRefusal(ours)) {
      this.#server.reject(ours.code);
      return this.#server.warn(ours);
    }
    if (ours !== undefined && isFileRefusal(ours)) return this.#server.reject(ours.code);
    if (this.#reported !== undefined && error === this.#reported.error) return undefined;
    this.#reported = { error };
    const { failure } = this.#abort;
    if (failure !== undefined && error === failure && failures.isDisconnect(failure)) {
      return undefined;
    }
    return this.#server.report(error, request);
  }

  /** The Response to a failure: one that this server found has a status of its own. */
  responseTo(error: unknown): Response {
    // A signal has the reason of a disconnect where that came first, as half a close seems to be one.
    const failure = failureOf(error);
    const scgiError = asScgiError(failure);
    const known = failure === this.found || failure === this.#abort.failure ||
      scgiError !== undefined && (isUpgradeRefusal(scgiError) || isFileRefusal(scgiError));
    const ours = known ? scgiError : undefined;
    return ours?.status === undefined ? failures.internalServerError() : ours.getResponse();
  }
}
