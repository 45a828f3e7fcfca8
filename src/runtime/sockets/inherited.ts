/**
 * Listening sockets that another process opened and this process inherits. A file descriptor of any
 * other kind is refused.
 *
 * @module
 */

import type { FdAddress } from "../../address.ts";
import { listenError } from "./listen-error.ts";
import { deno, runtime } from "../detect.ts";
import { fileSystem } from "../system/file-system.ts";
import { copyDescriptor } from "../system/libc.ts";
import { nodeFs } from "../system/node-fs.ts";
import { permits } from "../system/permissions.ts";
import type { Bound } from "../../transport/socket.ts";
import { socketName } from "./socket-name.ts";

const NO_LISTENER =
  "it is not a listening socket. The parent process has to pass one with that number";
/** Codes of a file descriptor that is closed, or of a socket that cannot listen, or of no socket. */
const NO_LISTENER_CODES: ReadonlySet<string> = new Set(["EBADF", "EINVAL", "ENOTSOCK"]);

/** The file descriptors in use. A second listener would close the descriptor of the first. */
const taken: Set<number> = new Set();

/**
 * Listens on an inherited socket. The path of a Unix socket belongs to the parent process, and stays.
 *
 * @param bind Listens on the file descriptor.
 * @throws {ScgiError} `LISTEN_FAILED` where the descriptor is not a listening socket.
 */
export async function bindInherited<Socket extends Bound>(
  address: FdAddress,
  bind: () => Promise<Socket>,
): Promise<Socket> {
  const { fd } = address;
  if (taken.has(fd)) throw listenError(address, "this process listens on it already");
  taken.add(fd);
  try {
    const before = await listens(fd);
    // A runtime closes a descriptor that it cannot listen on, even if it uses it itself.
    if (before === false) throw listenError(address, NO_LISTENER);
    const socket = await bind();
    // Runtimes make any socket listen, and an unbound one then gets a random port.
    if (before === undefined && await listens(fd)) {
      await socket.close();
      throw listenError(address, NO_LISTENER);
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
    throw NO_LISTENER_CODES.has(code) ? listenError(address, NO_LISTENER, error) : error;
  }
}

/**
 * Copies the file descriptor of an inherited socket, for the child processes.
 *
 * @throws {ScgiError} `LISTEN_FAILED` where the descriptor is not a listening socket.
 */
export async function copyInherited(address: FdAddress): Promise<number> {
  if (!await listens(address.fd)) throw listenError(address, NO_LISTENER);
  // Node cannot copy a descriptor, and passes the descriptor itself to its child processes.
  return runtime === "node" ? address.fd : await copyDescriptor(address.fd);
}

/**
 * Whether a file descriptor is a listening stream socket. Undefined where that is unknown: on Node
 * for a socket of another network namespace (systemd's PrivateNetwork), on Deno without permissions.
 */
async function listens(fd: number): Promise<boolean | undefined> {
  const name = await socketName(fd);
  if (name !== undefined) return name.listens;
  return isSocket(fd) === false ? false : isListed(fd);
}

/** The `fstat` of Deno knows the file descriptors below this number. */
const STANDARD_FDS = 3;

/** Whether a file descriptor is a socket; undefined where that is unknown. */
function isSocket(fd: number): boolean | undefined {
  if (deno !== undefined && fd >= STANDARD_FDS) return undefined;
  const { fstatSync } = nodeFs();
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/** Tables of sockets: the column of the inode, and the columns of a listening stream socket. */
const TABLES = [
  { file: "/proc/self/net/unix", inode: 6, listening: { 3: "00010000", 4: "0001" } },
  { file: "/proc/self/net/tcp", inode: 9, listening: { 3: "0A" } },
  { file: "/proc/self/net/tcp6", inode: 9, listening: { 3: "0A" } },
];

/** Whether the tables of Linux list a socket as listening; undefined where they lack the socket. */
function isListed(fd: number): boolean | undefined {
  if (!permits({ name: "read", path: "/proc/self" })) return undefined;
  const number = inodeOf(fd);
  if (number === undefined) return undefined;
  for (const { file, inode, listening } of TABLES) {
    for (const line of read(() => fileSystem.read(file)).split("\n")) {
      const columns = line.trim().split(/\s+/);
      if (columns[inode] !== number) continue;
      return Object.entries(listening).every(([column, value]) =>
        columns[Number(column)] === value
      );
    }
  }
  return undefined;
}

/** The open sockets of this process: inodes by file descriptors. */
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
