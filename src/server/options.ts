/**
 * The options of a server, and their defaults.
 *
 * @module
 */

import {
  type Address,
  DEFAULT_PORT,
  type ListenAddress,
  parseAddress,
  type ServerAddress,
  SYSTEMD,
} from "../address.ts";
import type { UrlSource } from "../cgi/url.ts";
import { normalizePrefix } from "../cgi/mount.ts";
import { ScgiError } from "../errors.ts";
import { wholeNumbers } from "../transport/limits.ts";
import { quoted } from "../scgi/printable.ts";
import { MAX_HEADER_BYTES, MAX_HEADERS } from "../scgi/decoder.ts";

/**
 * Limits and time-outs, in bytes and milliseconds. 0 switches a time-out off, except that
 * `shutdownTimeout: 0` waits for nothing.
 */
export interface Limits {
  /** The longest head, in bytes; over it the response is 431. 65536 unless set. */
  maxHeaderBytes: number;
  /** The most variables in a head; over it the response is 431. 0 is no limit. 1000 unless set. */
  maxHeaders: number;
  /** The longest body, in bytes; over it the response is 413. 0, the default, is no limit. */
  maxBodyBytes: number;
  /** Time for a head, in milliseconds; after it the response is 408. 30000 unless set. */
  headTimeout: number;
  /** Time for which a read of the body waits, in milliseconds; after it, 408. 60000 unless set. */
  bodyTimeout: number;
  /** Time for which a peer may take nothing of a response, in milliseconds. 60000 unless set. */
  writeTimeout: number;
  /**
   * Time for a handler's Response, in milliseconds; after it, 504. An answer of `onError` has the same
   * time, and 10000 where this is 0. 0 unless set.
   */
  requestTimeout: number;
  /**
   * The most connections at a time. Further ones wait to be accepted where the runtime can stop
   * accepting (`Deno.listen`), and are answered with 503 where not. Unless set it is 10000, or three
   * quarters of the file descriptors that are left where those are fewer; on Deno with an inherited
   * socket it is never over a quarter of their limit: such a listener accepts nothing after they ran
   * out.
   */
  maxConnections: number;
  /** Time for which `shutdown()` waits for requests, in milliseconds. 10000 unless set. */
  shutdownTimeout: number;
  /** The most of an unread body that is read after the response, in bytes. 256 MiB unless set. */
  drainBytes: number;
  /**
   * Time for which reading after the response waits for a byte, in milliseconds; 60 s in all. 10000
   * unless set.
   */
  drainTimeout: number;
}

/** The mapping of CGI variables to requests. */
export interface Mapping {
  /** Where the path of `request.url` comes from. `"request-uri"` unless set. */
  urlFrom?: UrlSource | undefined;
  /** The mount prefix to take off the path; `true` takes the web server's `SCRIPT_NAME`. */
  stripPrefix?: string | boolean | undefined;
  /** Values that `env` holds beside the CGI variables, as a Worker has its bindings. */
  bindings?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Whether the web server carries WebSockets: `false` refuses them with 501, `true` takes them. Unless
   * set, the name of the web server in `SERVER_SOFTWARE` decides, which lighttpd's `server.tag` may
   * hide. WebSockets of `--http` and of `scgi gateway` are taken in any case.
   */
  upgrades?: boolean | undefined;
}

/** The addresses to listen on. */
export interface ListenAt {
  /** Name or address of the host. `127.0.0.1` unless set. */
  hostname?: string | undefined;
  /** Port; 0 takes a free port. 4000 unless set. */
  port?: number | undefined;
  /** Path of a Unix socket, instead of a port. */
  unix?: string | undefined;
  /** Mode of the Unix socket. 0o660 unless set. */
  mode?: number | undefined;
  /** Group of the Unix socket, by name or number. */
  group?: string | number | undefined;
  /** A listening socket that another process opened, instead of a port. */
  fd?: number | undefined;
  /** Several addresses; `"systemd"` for every socket that systemd opened. */
  listen?: Address | readonly Address[] | undefined;
  /** Shares a TCP port with other processes. */
  reusePort?: boolean | undefined;
  /**
   * Takes the path of each Unix socket over from the server that has it, once all addresses are bound.
   * That server, where it is one of this package, then stops as by `shutdown()`. `false` unless set: a
   * path at which a server answers is refused.
   */
  takeOver?: boolean | undefined;
}

/** Options of {@linkcode serve}. */
export interface ServeOptions extends ListenAt, Mapping, Partial<Limits> {
  /** Aborting it is `shutdown()`. */
  signal?: AbortSignal | undefined;
  /** Called for each address that listens. The first error that it throws is reported. */
  onListen?: ((address: ListenAddress) => void) | undefined;
  /**
   * Called for each failure; a Response that it returns is sent. For the reason of a request's signal
   * the failure is the `ScgiError` behind it. `request` is undefined for a head that was refused or cut,
   * and no promise is waited for there. Writes to standard error unless set, and where this fails; the
   * first error that it throws is written as well.
   */
  onError?:
    | ((
      error: unknown,
      request: Request | undefined,
    ) => Response | undefined | void | Promise<Response | undefined | void>)
    | undefined;
  /**
   * Called with a line for each request, without its end, when the response has ended. Nothing is
   * logged unless set. The first error that it throws is reported.
   */
  log?: ((line: string) => void) | undefined;
  /**
   * The format of these lines: `"combined"`, as Apache and nginx have it; `"json"`, an object a line;
   * or a text with fields in braces, such as `"{remote_addr} {status} {request_time}"`. The combined
   * format with the duration after it unless set. Fields have the names of nginx: `remote_addr`,
   * `remote_port`, `remote_user`, `time_local`, `time_iso8601`, `request`, `request_method`,
   * `request_uri`, `server_protocol`, `host`, `status`, `body_bytes_sent` (bytes of the body alone),
   * `request_time` (seconds), `request_ms`, and `http_` with the name of a header. An unknown value
   * is a dash, in JSON null.
   */
  logFormat?: string | undefined;
  /**
   * Peers that may connect over TCP, by address or CIDR block. All unless set. A peer whose address is
   * not known, because it has disconnected already, is refused. `::ffff:10.0.0.0/104` is `10.0.0.0/8`;
   * no wider IPv6 block contains IPv4 addresses.
   */
  allow?: readonly string[] | undefined;
  /**
   * Replaces the global `Response` while servers run, by a constructor that remembers its body.
   * `false` leaves it alone, which costs time, and on Bun the Content-Type that a string implies.
   * `true` unless set.
   */
  recordResponses?: boolean | undefined;
}

/** The default limits. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  maxHeaderBytes: MAX_HEADER_BYTES,
  maxHeaders: MAX_HEADERS,
  maxBodyBytes: 0,
  headTimeout: 30_000,
  bodyTimeout: 60_000,
  writeTimeout: 60_000,
  requestTimeout: 0,
  maxConnections: 10_000,
  shutdownTimeout: 10_000,
  drainBytes: 268_435_456,
  drainTimeout: 10_000,
};

/**
 * The limits of a server, checked.
 *
 * @throws {ScgiError} `OPTION_INVALID`.
 */
export function readLimits(options: Partial<Limits>): Limits {
  return wholeNumbers<keyof Limits>(DEFAULT_LIMITS, options, { maxConnections: 1 });
}

/**
 * How a server makes requests, checked.
 *
 * @throws {ScgiError} `OPTION_INVALID`.
 */
export function readMapping({ urlFrom, stripPrefix, bindings, upgrades }: Mapping): Mapping {
  if (urlFrom !== undefined && urlFrom !== "request-uri" && urlFrom !== "path-info") {
    throw new ScgiError(
      "OPTION_INVALID",
      `urlFrom must be "request-uri" or "path-info", and is ${quoted(urlFrom)}`,
    );
  }
  if (typeof stripPrefix === "string") normalizePrefix(stripPrefix);
  if (upgrades !== undefined && typeof upgrades !== "boolean") {
    throw new ScgiError(
      "OPTION_INVALID",
      `upgrades must be true or false, and is ${quoted(upgrades)}`,
    );
  }
  return { urlFrom, stripPrefix, bindings, upgrades };
}

/**
 * The addresses of a server, checked.
 *
 * @throws {ScgiError} `ADDRESS_INVALID`; `OPTION_INVALID` where they are given in two ways.
 */
export function readAddresses(options: ListenAt): ServerAddress[] {
  const addresses = givenAddresses(options);
  if (options.takeOver !== true || addresses.some(isUnix)) return addresses;
  throw new ScgiError(
    "OPTION_INVALID",
    "takeOver needs the address of a Unix socket, such as unix:/run/app/app.sock. A TCP port can be " +
      "shared with reusePort",
  );
}

function isUnix(address: ServerAddress): boolean {
  return address !== SYSTEMD && "unix" in address;
}

function givenAddresses(options: ListenAt): ServerAddress[] {
  const { listen, unix, fd, hostname, port, mode, group } = options;
  const ways = [listen, unix, fd, port ?? hostname].filter((way) => way !== undefined);
  if (ways.length > 1) {
    throw new ScgiError("OPTION_INVALID", "Give one of listen, unix, fd, and port with hostname");
  }
  if (listen !== undefined) {
    const addresses = (Array.isArray(listen) ? listen : [listen]).map(serverAddress);
    if (addresses.length === 0) {
      throw new ScgiError("OPTION_INVALID", "listen must name at least one address");
    }
    return addresses.map((address) =>
      address !== SYSTEMD && "unix" in address
        ? parseAddress({ ...address, mode: address.mode ?? mode, group: address.group ?? group })
        : address
    );
  }
  if (unix !== undefined) return [parseAddress({ unix, mode, group })];
  if (fd !== undefined) return [parseAddress({ fd })];
  return [parseAddress({ hostname, port: port ?? DEFAULT_PORT })];
}

function serverAddress(address: Address): ServerAddress {
  return address === SYSTEMD ? SYSTEMD : parseAddress(address);
}
