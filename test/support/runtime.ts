/** The runtime that a test runs on; test/runtimes/deno.test.ts runs some of them on Deno as well. */

/** Whether this is Bun. Where it is not, it is Deno. */
export const onBun = "Bun" in globalThis;

/** What is expected on Bun, or on Deno. */
export function each<T>(expected: { bun: T; deno: T }): T {
  return onBun ? expected.bun : expected.deno;
}
