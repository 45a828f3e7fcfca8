/** What the package refuses. */

import { ScgiError, type ScgiErrorCode } from "../../src/errors.ts";

/** An error of the package, as tests compare it. */
export interface Refusal {
  code: ScgiErrorCode;
  status: number | undefined;
  message: string;
}

/** The refusal that an action ends in; an error of another kind is thrown on. */
export function refusal(action: () => unknown): Refusal {
  let value: unknown;
  try {
    value = action();
  } catch (error) {
    if (!(error instanceof ScgiError)) throw error;
    const { code, status, message } = error;
    return { code, status, message };
  }
  throw new Error(`It was not refused, and gave ${JSON.stringify(value)}`);
}
