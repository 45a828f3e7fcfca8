/**
 * Listening sockets that another process opened: only what listens already is taken.
 *
 * @module
 */

import fs from "node:fs";
import { type FdAddress, formatAddress } from "../address.ts";
import { ScgiError } from "../errors.ts";
import { copyDescriptor } from "./libc.ts";
import { permits } from "./permissions.ts";
import type { Listener } from "./socket.ts";

const NO_LISTENER =
  "it is no listening socket. What starts this process has to pass one of that number";
/** What the runtimes say of one that is closed, or is no socket, or is connected. */
const NO_LISTENER_CODES: ReadonlySet<string> = new Set(["EBADF", "EINVAL", "ENOTSOCK"]);

/** The file descriptors that this process listens on; closing one for two owners goes wrong. */
const taken: Set<number> = new Set();

/**
 * Listens on an inherited socket. Its path, where it has one, belongs to who made it, and stays.
 *
 * @param bind Listens at the file descriptor.
 * @throws {ScgiError} `LISTEN_FAILED` where it is none of a listening socket.
 */
export async function bindInherited(
  address: FdAddress,
  bind: () => Promise<Listener>,
): Promise<Listener> {
  const { fd } = address;
  if (taken.has(fd)) throw refused(address, "this process listens on it already");
  taken.add(fd);
  try {
    const before = listens(fd);
    const listener = await bind();
    // Runtimes make any socket listen, and one without an address then gets a random port.
    if (!before && listens(fd)) {
      await listener.close();
      throw refused(address, NO_LISTENER);
    }
    return released(listener, () => taken.delete(fd));
  } catch (error) {
    taken.delete(fd);
    const { code = "" } = error as { code?: string };
    throw NO_LISTENER_CODES.has(code) ? refused(address, NO_LISTENER, error) : error;
  }
}

/**
 * A copy of an inherited socket for the programs that this one starts.
 *
 * @throws {ScgiError} `LISTEN_FAILED` where it is none that listens.
 */
export async function copyInherited(address: FdAddress): Promise<number> {
  if (!listens(address.fd)) throw refused(address, NO_LISTENER);
  // Node, which has no call for that, passes on what it has as it is.
  return "Bun" in globalThis || "Deno" in globalThis
    ? await copyDescriptor(address.fd)
    : address.fd;
}

function released(listener: Listener, release: () => void): Listener {
  return {
    address: listener.address,
    recovers: listener.recovers,
    accepting: (on) => listener.accepting(on),
    async close() {
      await listener.close();
      release();
    },
    ref: () => listener.ref(),
    unref: () => listener.unref(),
  };
}

/** Tables of sockets, with the columns of state and inode, and the state of one that listens. */
const TABLES = [
  { file: "/proc/self/net/unix", state: 3, inode: 6, listening: "00010000" },
  { file: "/proc/self/net/tcp", state: 3, inode: 9, listening: "0A" },
  { file: "/proc/self/net/tcp6", state: 3, inode: 9, listening: "0A" },
];

/**
 * Whether Linux says that a socket listens. It does not say so of one of another network namespace
 * (systemd's PrivateNetwork), nor to Deno unless everything is permitted.
 */
function listens(fd: number): boolean {
  if (!permits({ name: "read", path: "/proc/self" })) return false;
  const number = inodeOf(fd);
  return number !== undefined &&
    TABLES.some(({ file, state, inode, listening }) =>
      read(() => fs.readFileSync(file, "utf8")).split("\n").some((line) => {
        const columns = line.trim().split(/\s+/);
        return columns[inode] === number && columns[state] === listening;
      })
    );
}

/** The sockets that this process has open: their file descriptors, and what the system calls them. */
export function openSockets(): Map<number, string> {
  const sockets = new Map<number, string>();
  for (const name of fs.readdirSync("/proc/self/fd")) {
    const inode = inodeOf(Number(name));
    if (inode !== undefined) sockets.set(Number(name), inode);
  }
  return sockets;
}

function inodeOf(fd: number): string | undefined {
  return /^socket:\[([0-9]+)\]$/.exec(read(() => fs.readlinkSync(`/proc/self/fd/${fd}`)))?.[1];
}

function read(action: () => string): string {
  try {
    return action();
  } catch {
    return "";
  }
}

function refused(address: FdAddress, why: string, cause?: unknown): ScgiError {
  return new ScgiError("LISTEN_FAILED", `Cannot listen on ${formatAddress(address)}: ${why}`, {
    cause,
  });
}
