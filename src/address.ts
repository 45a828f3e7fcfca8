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
  /** Port from 0 to 65535; 0 takes one that is free. */
  port: number;
}

/** A Unix socket. */
export interface UnixAddress {
  /** Path of the socket. */
  unix: string;
  /** Its mode. 0o660 unless set. */
  mode?: number | undefined;
  /** Its group, by name or number. The process's own unless set. */
  group?: string | number | undefined;
}

/** A listening socket that another process opened. */
export interface FdAddress {
  /** Number of the file descriptor. */
  fd: number;
}

/** Where a server listens, as Deno's servers tell it. */
export type ListenAddress =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string }
  | { readonly transport: "fd"; readonly fd: number };

/**
 * An address as text (`unix:/path`, `HOST:PORT`, `[v6]:PORT`, `PORT`, `fd:N`) or as a value. A server
 * also takes `systemd`, for every socket that systemd opened for it.
 */
export type Address = string | number | TcpAddress | UnixAddress | FdAddress | ListenAddress;

/** An address that was checked. */
export type ParsedAddress =
  | { hostname: string; port: number }
  | UnixAddress
  | FdAddress;

/** What a server listens on to have every socket that systemd opened for it. */
export const SYSTEMD = "systemd";

/** What a server is told to listen on, checked. */
export type ServerAddress = ParsedAddress | typeof SYSTEMD;

const LOOPBACK = "127.0.0.1";

/** The port of a server when none is said. */
export const DEFAULT_PORT = 4000;
/** Where a server listens when nothing is said. */
export const DEFAULT_ADDRESS: string = `${LOOPBACK}:${DEFAULT_PORT}`;

/** The largest number of a file descriptor; a larger one some runtimes take for a small one. */
const MAX_FD = 0x7fffffff;
const FORMS = "systemd, unix:/path, HOST:PORT, [v6]:PORT, PORT or fd:N";

/**
 * Checks an address.
 *
 * @throws {ScgiError} `ADDRESS_INVALID`, with a sentence that says what forms there are.
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

/** An address that is listened on, with the port that was taken. */
export function toListenAddress(address: ParsedAddress, port?: number): ListenAddress {
  if ("unix" in address) return { transport: "unix", path: address.unix };
  if ("fd" in address) return { transport: "fd", fd: address.fd };
  return { transport: "tcp", hostname: address.hostname, port: port ?? address.port };
}

function parseText(text: string): ParsedAddress {
  if (text === SYSTEMD) {
    throw invalid(text, "a server listens on it, and it names no place. Name one of its sockets");
  }
  if (text.startsWith("unix:")) return unix({ unix: text.slice(5) }, text);
  const number = /^fd:([0-9]+)$/.exec(text);
  if (number !== null) return fd(Number(number[1]), text);
  const parts = /^(?:(?:\[([0-9A-Fa-f:.]+(?:%[^\]\s]+)?)\]|([^:[\]/\s]+)):)?([0-9]+)$/.exec(text);
  if (parts === null) throw invalid(text, mistaken(text));
  return tcp(parts[1] ?? parts[2] ?? LOOPBACK, Number(parts[3]), text);
}

/** What is wrong with texts that stand for an address elsewhere. */
function mistaken(text: string): string | undefined {
  if (/^https?:\/\//.test(text)) return "it is a URL. Give HOST:PORT alone, as in 127.0.0.1:4000";
  if (/^\.{0,2}\//.test(text)) return `it is a path. Write unix: before it, as in unix:${text}`;
  return undefined;
}

function tcp(hostname: string, port: number, address: Address): ParsedAddress {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw invalid(address, "its port is no whole number from 0 to 65535");
  }
  const bare = /^\[(.*)\]$/.exec(hostname)?.[1] ?? hostname;
  if (typeof bare !== "string" || bare === "") throw invalid(address, "its host is empty");
  return { hostname: bare, port };
}

function unix(parsed: UnixAddress, address: Address): ParsedAddress {
  const { unix: path, mode } = parsed;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw invalid(address, "its path is empty or holds a NUL");
  }
  if (mode !== undefined && (!Number.isInteger(mode) || mode < 0 || mode > 0o777)) {
    throw invalid(address, "its mode is none from 0 to 0o777");
  }
  return { unix: path, mode, group: parsed.group };
}

function fd(number: number, address: Address): ParsedAddress {
  if (!Number.isInteger(number) || number < 0 || number > MAX_FD) {
    throw invalid(address, `its file descriptor is no whole number from 0 to ${MAX_FD}`);
  }
  return { fd: number };
}

function invalid(address: Address, why = `it has none of the forms ${FORMS}`): ScgiError {
  // A URL may have a password in it.
  const text = typeof address === "object"
    ? quoted(address)
    : String(address).replace(/^(https?:\/\/).*@/s, "$1");
  return new ScgiError("ADDRESS_INVALID", `The address ${text} cannot be used: ${why}`);
}
