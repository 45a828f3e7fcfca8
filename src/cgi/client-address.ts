/**
 * The client's address, from the CGI variables `REMOTE_ADDR` and `REMOTE_PORT`, in the shapes in
 * which the runtimes report it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1.8
 * @module
 */

type Env = Readonly<Record<string, unknown>>;

/** The client's address in the shape of Bun's `server.requestIP()`. */
export interface ClientAddress {
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  /** 0 where the web server does not tell the port. */
  readonly port: number;
}

/** The client's address in the shape of Deno's `info.remoteAddr`. */
export interface RemoteAddr {
  readonly transport: "tcp";
  /** Empty where the client's address is unknown. */
  readonly hostname: string;
  /** 0 where the client's port is unknown. */
  readonly port: number;
}

/** The client's address in the shape of an `IncomingMessage` of Node. */
export interface Incoming {
  readonly socket: {
    readonly remoteAddress: string | undefined;
    readonly remotePort: number | undefined;
    readonly remoteFamily: "IPv4" | "IPv6" | undefined;
  };
}

/**
 * The client's address; null where `REMOTE_ADDR` is not an IP address: nginx sends `unix:` for the
 * client of a Unix socket.
 */
export function readClientAddress({ REMOTE_ADDR, REMOTE_PORT }: Env): ClientAddress | null {
  const family = typeof REMOTE_ADDR === "string" ? familyOf(REMOTE_ADDR) : undefined;
  if (family === undefined) return null;
  return { address: REMOTE_ADDR as string, family, port: readPort(REMOTE_PORT) };
}

/** The client's address in Deno's shape. */
export function readRemoteAddr(env: Env): RemoteAddr {
  const { address = "", port = 0 } = readClientAddress(env) ?? {};
  return { transport: "tcp", hostname: address, port };
}

/** The client's address in Node's shape. */
export function readIncoming(env: Env): Incoming {
  const { address, port, family } = readClientAddress(env) ?? {};
  return { socket: { remoteAddress: address, remotePort: port, remoteFamily: family } };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

/** As `isIP` of `node:net`, which takes too long to load. */
function familyOf(address: string): ClientAddress["family"] | undefined {
  if (IPV4.test(address)) return "IPv4";
  // URLs have no zones, and some URL parsers accept a single colon at the end.
  const [, plain] = /^([0-9A-Fa-f:.]+(?:::|[0-9A-Fa-f]))(?:%[^\s%/]+)?$/.exec(address) ?? [];
  return plain?.includes(":") && URL.canParse(`http://[${plain}]/`) ? "IPv6" : undefined;
}

function readPort(port: unknown): number {
  const number = typeof port === "string" && /^[0-9]{1,5}$/.test(port) ? Number(port) : 0;
  return number > 0xffff ? 0 : number;
}
