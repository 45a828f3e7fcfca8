/**
 * The `env` of a handler: the CGI variables and the bindings, and who asks, where Hono's helpers for
 * the runtimes look for it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * @module
 */

import { latin1ToUtf8 } from "../scgi/latin1.ts";
import { setOwn } from "./own-property.ts";

type Env = Record<string, unknown>;

/** Who asks, as the web server says in `REMOTE_ADDR` and `REMOTE_PORT`; shaped as Bun tells it. */
export interface Peer {
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  /** 0 where the web server does not say. */
  readonly port: number;
}

/** The same, shaped as Deno tells it; an empty host is one that nobody knows. */
export interface RemoteAddr {
  readonly transport: "tcp";
  readonly hostname: string;
  readonly port: number;
}

/** The same, shaped as Node tells it, in the message that a server was sent. */
export interface Incoming {
  readonly socket: {
    readonly remoteAddress: string | undefined;
    readonly remotePort: number | undefined;
    readonly remoteFamily: "IPv4" | "IPv6" | undefined;
  };
}

/**
 * The client's address; null where `REMOTE_ADDR` is none, as nginx has `unix:` for a client of a Unix
 * socket.
 */
export function readPeer({ REMOTE_ADDR, REMOTE_PORT }: Env): Peer | null {
  const family = typeof REMOTE_ADDR === "string" ? familyOf(REMOTE_ADDR) : undefined;
  if (family === undefined) return null;
  return { address: REMOTE_ADDR as string, family, port: readPort(REMOTE_PORT) };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

/** The family of an address as text, as `isIP` of `node:net` has it, which loads too slowly. */
function familyOf(address: string): Peer["family"] | undefined {
  if (IPV4.test(address)) return "IPv4";
  // A zone is no part of a URL, and some parsers take a single colon at the end.
  const [, plain] = /^([0-9A-Fa-f:.]+(?:::|[0-9A-Fa-f]))(?:%[^\s%/]+)?$/.exec(address) ?? [];
  return plain?.includes(":") && URL.canParse(`http://[${plain}]/`) ? "IPv6" : undefined;
}

function readPort(port: unknown): number {
  const number = typeof port === "string" && /^[0-9]{1,5}$/.test(port) ? Number(port) : 0;
  return number > 0xffff ? 0 : number;
}

/** Who asks, for what wants the shape of Deno. */
export function readRemoteAddr(env: Env): RemoteAddr {
  const { address = "", port = 0 } = readPeer(env) ?? {};
  return { transport: "tcp", hostname: address, port };
}

function readIncoming(env: Env): Incoming {
  const { address, port, family } = readPeer(env) ?? {};
  return { socket: { remoteAddress: address, remotePort: port, remoteFamily: family } };
}

/** Inherited by each env, so that none of them shows among its keys; a variable may take the name. */
const PROTOTYPE: object = Object.create(null, {
  remoteAddr: inherited("remoteAddr", readRemoteAddr),
  incoming: inherited("incoming", readIncoming),
  requestIP: inherited("requestIP", (env) => () => readPeer(env)),
});

/** Twenty variables cost 0.3 µs on V8 where `new` made the object, and 0.6 where Object.create did. */
const EmptyEnv = function () {} as unknown as new () => Env;
EmptyEnv.prototype = PROTOTYPE;

/** An env that holds nothing yet. */
export function emptyEnv(): Env {
  return new EmptyEnv();
}

/** What has a longer name makes an env {@linkcode shapeless}; no usual name is so long. */
export const LONGEST_USUAL_NAME = 64;

/**
 * The same env as a dictionary. The shape of any other is kept beside it, with the names in it: on
 * V8 1,400 requests with a name of 60 kB each would take 100 MB for some time.
 */
export function shapeless(env: Env): Env {
  return Object.setPrototypeOf(Object.assign(Object.create(null), env), PROTOTYPE) as Env;
}

/**
 * The `env` of a handler: the variables decoded as UTF-8 (invalid bytes become U+FFFD), and the
 * bindings, which win over variables of their name. Of `Object.prototype` it inherits nothing;
 * `remoteAddr`, `requestIP()` and `incoming`, which are not among its keys, tell who asks.
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

function inherited(name: string, read: (env: Env) => unknown): PropertyDescriptor {
  return {
    get(this: Env): unknown {
      return read(this);
    },
    set(this: Env, value: unknown): void {
      setOwn(this, name, value);
    },
  };
}
