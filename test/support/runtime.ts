/** The runtime that a test runs on; test/other-runtimes/ runs some of them on others than Bun as well. */

/** Whether this is Bun. */
export const onBun = "Bun" in globalThis;
/** Whether this is Deno. */
export const onDeno = "Deno" in globalThis;
/** Which it is. */
export const here = onBun ? "bun" : onDeno ? "deno" : "node";

/** What is expected on Bun, or on Deno. */
export function each<T>(expected: { bun: T; deno: T }): T {
  return onBun ? expected.bun : expected.deno;
}
