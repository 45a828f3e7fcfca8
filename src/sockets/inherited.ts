/**
 * Listening sockets that another process opened: only what listens already is taken.
 *
 * @module
 */

import type { FdAddress } from "../address.ts";
import { cannotListen } from "./cannot-listen.ts";
import { fileSystem } from "./file-system.ts";
import { copyDescriptor } from "./libc.ts";
import { permits } from "./permissions.ts";
import type { Bound } from "./socket.ts";

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
export async function bindInherited<Socket extends Bound>(
  address: FdAddress,
  bind: () => Promise<Socket>,
): Promise<Socket> {
  const { fd } = address;
  if (taken.has(fd)) throw cannotListen(address, "this process listens on it already");
  taken.add(fd);
  try {
    const before = listens(fd);
    const socket = await bind();
    // Runtimes make any socket listen, and one without an address then gets a random port.
    if (!before && listens(fd)) {
      await socket.close();
      throw cannotListen(address, NO_LISTENER);
    }
    const close = socket.close.bind(socket);
    return Object.assign(socket, {
      async close(): Promise<void> {
        await close();
        taken.delete(fd);
      },
    });
  } catch (error) {
    taken.delete(fd);
    const { code = "" } = error as { code?: string };
    throw NO_LISTENER_CODES.has(code) ? cannotListen(address, NO_LISTENER, error) : error;
  }
}

/**
 * A copy of an inherited socket for the programs that this one starts.
 *
 * @throws {ScgiError} `LISTEN_FAILED` where it is none that listens.
 */
export async function copyInherited(address: FdAddress): Promise<number> {
  if (!listens(address.fd)) throw cannotListen(address, NO_LISTENER);
  // Node, which has no call for that, passes on what it has as it is.
  return "Bun" in globalThis || "Deno" in globalThis
    ? await copyDescriptor(address.fd)
    : address.fd;
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
      read(() => fileSystem.read(file)).split("\n").some((line) => {
        const columns = line.trim().split(/\s+/);
        return columns[inode] === number && columns[state] === listening;
      })
    );
}

/** The sockets that this process has open: their file descriptors, and what the system calls them. */
export function openSockets(): Map<number, string> {
  const sockets = new Map<number, string>();
  for (const name of fileSystem.names("/proc/self/fd")) {
    const inode = inodeOf(Number(name));
    if (inode !== undefined) sockets.set(Number(name), inode);
  }
  return sockets;
}

function inodeOf(fd: number): string | undefined {
  return /^socket:\[([0-9]+)\]$/.exec(read(() => fileSystem.readLink(`/proc/self/fd/${fd}`)))?.[1];
}

function read(action: () => string): string {
  try {
    return action();
  } catch {
    return "";
  }
}
