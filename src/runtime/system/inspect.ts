/**
 * Formats a value as the runtime's console does, without colours.
 *
 * @module
 */

import { bun, deno } from "../known.ts";

/** The text of a value. Never throws, whatever the getters of the value do. */
export function inspect(value: unknown): string {
  if (typeof value === "string") return value;
  const { inspect } = bun ?? deno ?? globalThis.process.getBuiltinModule("node:util");
  for (const show of [() => inspect(value, { colors: false }), () => String(value)]) {
    try {
      return show();
    } catch {
      // The second attempt may succeed.
    }
  }
  return `a value of type ${typeof value} that cannot be shown`;
}
