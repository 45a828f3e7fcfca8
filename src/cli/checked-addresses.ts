/**
 * Checks the addresses on a command line: a wrong one is an error that names its flag.
 *
 * @module
 */

import {
  formatAddress,
  MAX_BOUND_PATH_BYTES,
  parseAddress,
  type ParsedAddress,
  pathBytes,
  type ServerAddress,
  SYSTEMD,
} from "../address.ts";
import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { readAddresses, type ServeOptions } from "../server/options.ts";
import type { FreeAddress } from "../transport/socket.ts";
import { CommandError } from "./error.ts";

type TcpAddress = Extract<ParsedAddress, { port: number }>;

/**
 * The value of `--http`.
 *
 * @throws {CommandError} for a value that is not `[HOST:]PORT`.
 */
export function httpAddress(text: string): TcpAddress {
  try {
    const address = parseAddress(text);
    if ("port" in address) return address;
  } catch (error) {
    if (!(error instanceof ScgiError)) throw error;
  }
  throw new CommandError(`--http must be [HOST:]PORT, as in 8080, not ${quoted(text)}`);
}

/**
 * The value of `--status`.
 *
 * @throws {CommandError} for a value that is not `[HOST:]PORT` or `unix:PATH`.
 */
export function statusAddress(text: string): FreeAddress {
  const address = addressOf("status", text);
  if (!("fd" in address)) return address;
  throw new CommandError(`--status must be [HOST:]PORT or unix:PATH, not ${text}`);
}

/**
 * The addresses of a server that flags give, checked.
 *
 * @throws {CommandError} for an address of the wrong form, and for flags that contradict each other.
 */
export function listenAddresses(options: ServeOptions): ServerAddress[] {
  const { listen = [], unix, hostname } = options;
  refuseTwoWays(options);
  for (const text of listen as string[]) checkListen(text);
  if (unix !== undefined) checkPath("unix", unix);
  if (hostname !== undefined) checkHost(hostname);
  return readAddresses(options);
}

function refuseTwoWays({ listen, unix, fd, port, hostname }: ServeOptions): void {
  const ways = Object.entries({
    listen,
    unix,
    fd,
    [port === undefined ? "hostname" : "port"]: port ?? hostname,
  })
    .flatMap(([name, value]) => value === undefined ? [] : [`--${name}`]);
  if (ways.length > 1) {
    throw new CommandError(
      `${ways[0]} and ${ways[1]} cannot be given together. ` +
        (listen === undefined ? "Leave one of them out" : "Give --listen once for each address"),
    );
  }
}

function checkListen(text: string): void {
  if (text === SYSTEMD) return;
  const address = addressOf("listen", text);
  if ("unix" in address) checkPath("listen", address.unix);
}

/** The address that a flag gives; an error names the flag. */
function addressOf(flag: string, text: string): ParsedAddress {
  try {
    return parseAddress(text);
  } catch (error) {
    if (!(error instanceof ScgiError)) throw error;
    throw new CommandError(error.message.replace(/^The address/, `--${flag}`));
  }
}

function checkPath(flag: string, file: string): void {
  const why = file === ""
    ? "must not be empty"
    : file.startsWith("unix:")
    ? "must be a path, without unix: before it"
    : pathBytes(file) > MAX_BOUND_PATH_BYTES
    ? `is over ${MAX_BOUND_PATH_BYTES} bytes long, which no socket's path can be. Choose a shorter one`
    : undefined;
  if (why !== undefined) throw new CommandError(`The path of --${flag} ${why}`);
}

/** Refuses what cannot be the name of a host, and is likely an address or a URL. */
function checkHost(hostname: string): void {
  if (hostname !== "" && !/[\s/]|^[^:]*:[^:]*$/.test(hostname)) return;
  throw new CommandError(
    `--hostname must be the name or the address of a host, not ${quoted(hostname)}. ` +
      "The port has a flag of its own, --port",
  );
}

/** The flags that concern one kind of socket: what it is, and which addresses are of it. */
const KINDS: readonly [
  flag: string,
  option: keyof ServeOptions,
  what: string,
  isOne: (address: ParsedAddress) => boolean,
][] = [
  ["mode", "mode", "a Unix socket. Give --unix PATH", (address) => "unix" in address],
  ["group", "group", "a Unix socket. Give --unix PATH", (address) => "unix" in address],
  ["reuse-port", "reusePort", "a TCP port. Give --port N", (address) => "port" in address],
];

/**
 * Refuses a flag that has no effect on any of the addresses, such as `--mode` on TCP.
 *
 * @throws {CommandError} that names the flag.
 */
export function refuseUseless(options: ServeOptions, addresses: readonly ServerAddress[]): void {
  for (const [flag, option, what, isOne] of KINDS) {
    if (options[option] === undefined) continue;
    // The sockets of systemd are inherited.
    const parsed = addresses.map((address) => address === SYSTEMD ? { fd: 3 } : address);
    if (parsed.some(isOne)) continue;
    const [given] = addresses;
    const shown = given === undefined || given === SYSTEMD ? SYSTEMD : formatAddress(given);
    throw new CommandError(
      `--${flag} has no effect on ${shown}: it is for ${what}, or leave --${flag} out`,
    );
  }
}
