/** Puts bun-test.js in the place of `bun:test` on Node: `node --import register.js run.js FILE…`. */

import { register } from "node:module";

register("./resolve.js", import.meta.url);

// The tests use what came with Node 22; what they test may not, as the other suites on Node show.
Promise.withResolvers ??= function <T>(): PromiseWithResolvers<T> {
  let settle!: Omit<PromiseWithResolvers<T>, "promise">;
  const promise = new Promise<T>((resolve, reject) => settle = { resolve, reject });
  return { promise, ...settle };
};
