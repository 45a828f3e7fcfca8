/** Where Node finds `bun:test`. */

type Resolve = (specifier: string, context: unknown) => Promise<{ url: string }>;

// deno-lint-ignore require-await -- Node wants a promise
export async function resolve(
  specifier: string,
  context: unknown,
  next: Resolve,
): Promise<{ url: string; shortCircuit?: boolean }> {
  if (specifier !== "bun:test") return next(specifier, context);
  return { url: new URL("./bun-test.js", import.meta.url).href, shortCircuit: true };
}
