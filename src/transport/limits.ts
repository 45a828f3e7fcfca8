/**
 * Limits and time-outs that a user may set: whole numbers, each with a default.
 *
 * @module
 */

import { ScgiError } from "../errors.ts";

/**
 * The given numbers, checked, and the defaults of those that are not given.
 *
 * @param least The smallest value that a name can have, 0 unless it is here.
 * @throws {ScgiError} `OPTION_INVALID`.
 */
export function wholeNumbers<Name extends string>(
  defaults: Readonly<Record<Name, number>>,
  given: Readonly<Partial<Record<Name, number | undefined>>>,
  least?: Readonly<Partial<Record<Name, number>>>,
): Record<Name, number> {
  const numbers: Record<Name, number> = { ...defaults };
  for (const name of Object.keys(defaults) as Name[]) {
    const value = given[name];
    if (value === undefined) continue;
    const from = least?.[name] ?? 0;
    if (!Number.isSafeInteger(value) || value < from) {
      throw new ScgiError(
        "OPTION_INVALID",
        `${name} is ${value}, and no whole number from ${from} on`,
      );
    }
    numbers[name] = value;
  }
  return numbers;
}
