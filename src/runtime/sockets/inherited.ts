/**
 * Listening sockets that another process opened: only what listens already is taken.
 *
 * @module
 */

import type { FdAddress } from "../../address.ts";
import { cannotListen } from "./listen-error.ts";
import { deno, runtime } from "../detect.ts";
import { fileSystem } from "../system/file-system.ts";
import { copyDescriptor } from "../system/libc.ts";
import { permits } from "../system/permissions.ts";
import type { Bound } from "../../transport/socket.ts";
import { socketName } from "./socket-name.ts";

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
    const before = await listens(fd);
    // A runtime closes what it cannot listen on, and that may be a file descriptor of its own.
    if (before === false) throw cannotListen(address, NO_LISTENER);
    const socket = await bind();
    // Runtimes make any socket listen, and one without an address then gets a random port.
    if (before === undefined && await listens(fd)) {
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
  if (!await listens(address.fd)) throw cannotListen(address, NO_LISTENER);
  // Node, which has no call for that, passes on what it has as it is.
  return runtime === "node" ? address.fd : await copyDescriptor(address.fd);
}

/**
 * Whether a file descriptor is a stream socket that listens. Undefined where that cannot be told:
 * on Node of a socket of another network namespace (systemd's PrivateNetwork), on Deno without
 * permissions.
 */
async function listens(fd: number): Promise<boolean | undefined> {
  const name = await socketName(fd);
  if (name !== undefined) return name.listens;
  return isSocket(fd) === false ? false : isListed(fd);
}

/** The file descriptors that the `fstat` of Deno knows. */
const STANDARD_FDS = 3;

/** Whether a file descriptor is a socket; undefined where it cannot be asked for. */
function isSocket(fd: number): boolean | undefined {
  if (deno !== undefined && fd >= STANDARD_FDS) return undefined;
  const { fstatSync } = globalThis.process.getBuiltinModule("node:fs");
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/** Tables of sockets: the column of the inode, and those that tell of a listening stream socket. */
const TABLES = [
  { file: "/proc/self/net/unix", inode: 6, listening: { 3: "00010000", 4: "0001" } },
  { file: "/proc/self/net/tcp", inode: 9, listening: { 3: "0A" } },
  { file: "/proc/self/net/tcp6", inode: 9, listening: { 3: "0A" } },
];

/** Whether the tables of Linux have a socket as one that listens; undefined where they lack it. */
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
