/**
 * Checks options that are limits and time-outs: whole numbers, each with a default.
 *
 * @module
 */

import { ScgiError } from "../errors.ts";

/**
 * The given numbers, checked, and the defaults of the others.
 *
 * @param least The smallest valid value by name; 0 for a name that is missing.
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
        `${name} is ${value}, and must be a whole number from ${from} on`,
      );
    }
    numbers[name] = value;
  }
  return numbers;
}
