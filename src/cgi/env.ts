/**
 * The `env` of a handler: CGI variables, bindings, and the client's address as inherited properties
 * that Hono's helpers for Bun, Deno and Node read.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * @module
 */

import { latin1ToUtf8 } from "../scgi/latin1.ts";
import { readClientAddress, readIncoming, readRemoteAddr } from "./client-address.ts";

type Env = Record<string, unknown>;

/** Inherited, so that `Object.keys(env)` has the variables alone, and a variable can hide them. */
const PROTOTYPE: object = Object.create(null, {
  remoteAddr: inherited("remoteAddr", readRemoteAddr),
  incoming: inherited("incoming", readIncoming),
  requestIP: inherited("requestIP", (env) => () => readClientAddress(env)),
});

/**
 * Engines count the assignments, and give each object room for as many variables. Without it V8 makes a
 * dictionary of more than 24, and 28 cost 1.6 µs on Deno and Node in the place of 0.8.
 */
const EmptyEnv = function (this: Env, value?: string): void {
  if (value === undefined) return;
  // deno-fmt-ignore
  this.a = this.b = this.c = this.d = this.e = this.f = this.g = this.h = this.i = this.j =
    this.k = this.l = this.m = this.n = this.o = this.p = this.q = this.r = this.s = this.t = value;
} as unknown as new (value?: string) => Env;
EmptyEnv.prototype = PROTOTYPE;

// V8 takes back the room that its first objects do not use.
for (let made = 0; made < 8; made++) new EmptyEnv("");

/** An env without variables. */
export function emptyEnv(): Env {
  return new EmptyEnv();
}

/** A longer name makes an env {@linkcode shapeless}; usual names are shorter. */
export const LONGEST_USUAL_NAME = 64;

/**
 * A copy of an env that the engine stores as a dictionary. Of other objects V8 keeps the shape, with
 * all names: 1,400 requests with a name of 60 kB each would take 100 MB for some time.
 */
export function shapeless(env: Env): Env {
  return Object.setPrototypeOf(Object.assign(Object.create(null), env), PROTOTYPE) as Env;
}

/**
 * The `env` of a handler: the variables decoded as UTF-8 (invalid bytes become U+FFFD), and the
 * bindings, which replace variables of the same name. It inherits nothing of `Object.prototype`, but
 * `remoteAddr`, `requestIP()` and `incoming`, which tell the client's address.
 */
export function toEnv(
  variables: Readonly<Record<string, string>>,
  bindings?: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  let env = emptyEnv();
  let shaped = true;
  for (const name in variables) {
    if (shaped && name.length > LONGEST_USUAL_NAME) {
      shaped = false;
      env = shapeless(env);
    }
    env[latin1ToUtf8(name)] = latin1ToUtf8(variables[name]!);
  }
  return bindings === undefined ? env : Object.assign(env, bindings);
}

/** An accessor that an assignment hides behind an ordinary property, as it would a data property. */
function inherited(name: string, read: (env: Env) => unknown): PropertyDescriptor {
  return {
    get(this: Env): unknown {
      return read(this);
    },
    set(this: Env, value: unknown): void {
      const own = { value, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(this, name, own);
    },
  };
}
