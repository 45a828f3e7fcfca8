/**
 * A value as the runtime's own console shows it, without colours.
 *
 * @module
 */

/** What Bun and Deno have under the same name; this package needs no runtime's types. */
interface Native {
  inspect(value: unknown, options: { colors: boolean }): string;
}

const { Bun, Deno } = globalThis as { Bun?: Native; Deno?: Native };
const native = Bun ?? Deno;

/** Shows a value. It never throws, whatever the getters of the value do. */
export function inspect(value: unknown): string {
  if (typeof value === "string") return value;
  const { inspect } = native ?? globalThis.process.getBuiltinModule("node:util");
  for (const show of [() => inspect(value, { colors: false }), () => String(value)]) {
    try {
      return show();
    } catch {
      // The next way.
    }
  }
  return `a value of type ${typeof value} that cannot be shown`;
}
