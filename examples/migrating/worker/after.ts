/**
 * The same Worker, unchanged, with the features of its platform: a store, and `request.cf`.
 *
 *     API_TOKEN=secret bun src/cli.ts serve examples/migrating/worker/after.ts \
 *       --binding API_TOKEN --http 8080
 *
 * @module
 */

import type { HandlerContext } from "scgi";
import worker, { type Env, type Store } from "./before.ts";

/** Keeps values as long as the process runs; a database would keep them longer. */
class Memory implements Store {
  readonly #values = new Map<string, string>();

  get(key: string): Promise<string | null> {
    return Promise.resolve(this.#values.get(key) ?? null);
  }

  put(key: string, value: string): Promise<void> {
    this.#values.set(key, value);
    return Promise.resolve();
  }
}

const VISITS = new Memory();

export default {
  fetch(request: Request, env: Env & { COUNTRY?: string }, ctx: HandlerContext): Promise<Response> {
    if (env.COUNTRY) Object.assign(request, { cf: { country: env.COUNTRY } });
    return worker.fetch(request, { ...env, VISITS }, ctx);
  },
};
