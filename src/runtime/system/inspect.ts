/**
 * A value as the runtime's own console shows it, without colours.
 *
 * @module
 */

import { bun, deno } from "../detect.ts";

/** Shows a value. It never throws, whatever the getters of the value do. */
export function inspect(value: unknown): string {
  if (typeof value === "string") return value;
  const { inspect } = bun ?? deno ?? globalThis.process.getBuiltinModule("node:util");
  for (const show of [() => inspect(value, { colors: false }), () => String(value)]) {
    try {
      return show();
    } catch {
      // The next way.
    }
  }
  return `a value of type ${typeof value} that cannot be shown`;
}
