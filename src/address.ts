/**
 * Addresses to listen on or to connect to, as text and as values.
 *
 * @module
 */

import { ScgiError } from "./errors.ts";
import { quoted } from "./scgi/printable.ts";

/** A TCP address. */
export interface TcpAddress {
  /** Name or address of the host, IPv6 without brackets. `127.0.0.1` unless set. */
  hostname?: string | undefined;
  /** Port from 0 to 65535; 0 stands for any free port. */
  port: number;
}

/** A Unix socket. */
export interface UnixAddress {
  /** Path of the socket. */
  unix: string;
  /** Mode of the socket's file. 0o660 unless set. */
  mode?: number | undefined;
  /** Group of the socket's file, by name or number. The process's own group unless set. */
  group?: string | number | undefined;
}

/** A listening socket that another process opened. */
export interface FdAddress {
  /** Number of the file descriptor. */
  fd: number;
}

/** The address that a server listens on, in the shape of `Deno.HttpServer.addr`. */
export type ListenAddress =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string }
  | { readonly transport: "fd"; readonly fd: number };

/**
 * An address as text (`unix:/path`, `HOST:PORT`, `[v6]:PORT`, `PORT`, `fd:N`) or as a value. A server
 * also accepts `systemd`, for every socket that systemd opened for it.
 */
export type Address = string | number | TcpAddress | UnixAddress | FdAddress | ListenAddress;

/** An address that {@linkcode parseAddress} has checked. */
export type ParsedAddress =
  | { hostname: string; port: number }
  | UnixAddress
  | FdAddress;

/** The address that stands for every socket that systemd opened for a server. */
export const SYSTEMD = "systemd";

/** A checked address that a server can listen on. */
export type ServerAddress = ParsedAddress | typeof SYSTEMD;

const LOOPBACK = "127.0.0.1";

/** The port that a server listens on unless told otherwise. */
export const DEFAULT_PORT = 4000;
/** The address that a server listens on unless told otherwise. */
export const DEFAULT_ADDRESS: string = `${LOOPBACK}:${DEFAULT_PORT}`;

/** The longest path of a Unix socket in bytes; Node cuts a longer path silently. */
export const MAX_PATH_BYTES = 107;
/** The longest path that a server binds, which has to leave room for the `.tmp` of its first name. */
export const MAX_BOUND_PATH_BYTES: number = MAX_PATH_BYTES - ".tmp".length;
/** The largest file descriptor: some runtimes truncate a larger number to 32 bits. */
export const MAX_FD: number = 0x7fffffff;
/** The highest port. */
export const HIGHEST_PORT: number = 65535;
const FORMS = "systemd, unix:/path, HOST:PORT, [v6]:PORT, PORT or fd:N";

/**
 * Checks an address.
 *
 * @throws {ScgiError} `ADDRESS_INVALID`, with a message that lists the valid forms.
 *
 * @example
 * ```ts
 * import { parseAddress } from "scgi";
 *
 * console.log(parseAddress("[::1]:4000")); // { hostname: "::1", port: 4000 }
 * ```
 */
export function parseAddress(address: Address): ParsedAddress {
  if (typeof address === "number") return tcp(LOOPBACK, address, address);
  if (typeof address === "string") return parseText(address);
  if (typeof address !== "object" || address === null) throw invalid(address);
  if ("unix" in address) return unix(address, address);
  if ("path" in address) return unix({ unix: address.path }, address);
  if ("fd" in address) return fd(address.fd, address);
  return tcp(address.hostname ?? LOOPBACK, address.port, address);
}

/** An address as text, in the form that {@linkcode parseAddress} reads. */
export function formatAddress(address: ParsedAddress | ListenAddress): string {
  if ("unix" in address) return `unix:${address.unix}`;
  if ("path" in address) return `unix:${address.path}`;
  if ("fd" in address) return `fd:${address.fd}`;
  const { hostname, port } = address;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/**
 * The address of a listening socket.
 *
 * @param port The port that the socket is bound to, where the address has port 0.
 */
export function toListenAddress(address: ParsedAddress, port?: number): ListenAddress {
  if ("unix" in address) return { transport: "unix", path: address.unix };
  if ("fd" in address) return { transport: "fd", fd: address.fd };
  return { transport: "tcp", hostname: address.hostname, port: port ?? address.port };
}

/** The length of a Unix socket's path in bytes. */
export function pathBytes(path: string): number {
  return new TextEncoder().encode(path).length;
}

function parseText(text: string): ParsedAddress {
  if (text === SYSTEMD) {
    throw invalid(text, "it stands for sockets to listen on. Give the address of one of them");
  }
  if (text.startsWith("unix:")) return unix({ unix: text.slice(5) }, text);
  const number = /^fd:([0-9]+)$/.exec(text);
  if (number !== null) return fd(Number(number[1]), text);
  const parts = /^(?:(?:\[([0-9A-Fa-f:.]+(?:%[^\]\s]+)?)\]|([^:[\]/\s]+)):)?([0-9]+)$/.exec(text);
  if (parts === null) throw invalid(text, likelyMistake(text));
  return tcp(parts[1] ?? parts[2] ?? LOOPBACK, Number(parts[3]), text);
}

/** The likely mistake in a text that is an address to other programs. */
function likelyMistake(text: string): string | undefined {
  if (/^https?:\/\//.test(text)) return "it is a URL. Give HOST:PORT alone, as in 127.0.0.1:4000";
  if (/^\.{0,2}\//.test(text)) return `it is a path. Write unix: before it, as in unix:${text}`;
  return undefined;
}

function tcp(hostname: string, port: number, address: Address): ParsedAddress {
  if (!Number.isInteger(port) || port < 0 || port > HIGHEST_PORT) {
    throw invalid(address, `its port must be a whole number from 0 to ${HIGHEST_PORT}`);
  }
  const bare = /^\[(.*)\]$/.exec(hostname)?.[1] ?? hostname;
  if (typeof bare !== "string" || bare === "") throw invalid(address, "its host must not be empty");
  return { hostname: bare, port };
}

function unix(parsed: UnixAddress, address: Address): ParsedAddress {
  const { unix: path, mode } = parsed;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw invalid(address, "its path must not be empty or contain a NUL");
  }
  if (mode !== undefined && (!Number.isInteger(mode) || mode < 0 || mode > 0o777)) {
    throw invalid(address, "its mode must be between 0 and 0o777");
  }
  return { unix: path, mode, group: parsed.group };
}

function fd(number: number, address: Address): ParsedAddress {
  if (!Number.isInteger(number) || number < 0 || number > MAX_FD) {
    throw invalid(address, `its file descriptor must be a whole number from 0 to ${MAX_FD}`);
  }
  return { fd: number };
}

function invalid(address: Address, why = `it must have one of the forms ${FORMS}`): ScgiError {
  // A URL may contain a password, which must not reach a log.
  const text = typeof address === "object" || address === ""
    ? quoted(address)
    : String(address).replace(/^(https?:\/\/).*@/s, "$1");
  return new ScgiError("ADDRESS_INVALID", `The address ${text} cannot be used: ${why}`);
}
