/**
 * Listens on an address of any kind with this runtime's sockets.
 *
 * @module
 */

import {
  type ListenAddress,
  MAX_BOUND_PATH_BYTES,
  type ParsedAddress,
  pathBytes,
  toListenAddress,
  type UnixAddress,
} from "../../address.ts";
import { ScgiError } from "../../errors.ts";
import { sockets } from "../chosen.ts";
import { folderOf } from "./folder.ts";
import { listenError } from "./listen-error.ts";
import { fileSystem } from "../system/file-system.ts";
import { bindInherited, copyInherited } from "./inherited.ts";
import type { Accept, Bound, Listener, ListenOptions } from "../../transport/socket.ts";
import { bindUnix } from "./unix.ts";

/** Reasons and what to do, by the code of a system error. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there. Stop it, or choose another address",
  EADDRNOTAVAIL: "this machine does not have that address",
  EACCES: "permission is denied. Choose a port from 1024 on, or a folder that you may write to",
  EPERM: "permission is denied",
  ENOENT: "its folder does not exist. Make it first",
  ENOTDIR: "its folder is a file",
  EROFS: "its folder is on a read-only file system. Choose another folder",
  ENOSPC: "its disk is full. Make room, or choose another folder",
  EDQUOT: "the disk quota of this user is used up. Make room, or choose another folder",
  ELOOP: "its path has too many symbolic links. Choose another path",
  EMFILE: "too many files are open in this process. Raise its limit (ulimit -n, LimitNOFILE)",
  ENFILE: "too many files are open on this machine. Raise its limit (fs.file-max)",
  ENOTFOUND: "the name of the host was not found. Check its spelling",
};

/**
 * Listens on an address.
 *
 * @throws {ScgiError} `LISTEN_FAILED`, with the address and what to do.
 */
export function listen(
  address: ParsedAddress,
  { takeOver, ...options }: ListenOptions & Succession,
  accept: Accept,
): Promise<Listener> {
  return open(address, takeOver, (at) => sockets.listen(at, options, accept));
}

/** Whether a Unix socket is bound beside a living one, whose path it gets by `takePath`. */
export interface Succession {
  readonly takeOver: boolean;
}

/** A listening socket that child processes accept from. */
export interface SharedListener extends Pick<Bound, "takePath" | "isReplaced"> {
  /** The address of the socket. */
  readonly address: ListenAddress;
  /** The file descriptor that the child processes inherit. */
  readonly fd: number;
  /** Removes the path of a Unix socket, and closes the socket in this process. */
  release(): void;
}

/**
 * Opens a listening socket that only child processes accept from.
 *
 * @throws {ScgiError} `LISTEN_FAILED`, with the address and what to do.
 */
export async function openShared(
  address: ParsedAddress,
  { takeOver }: Succession,
): Promise<SharedListener> {
  if ("fd" in address) {
    return { address: toListenAddress(address), fd: await copyInherited(address), release() {} };
  }
  const socket = await open(address, takeOver, (at) => sockets.bindOnly(at));
  const { takePath, isReplaced } = socket;
  return {
    address: socket.address,
    fd: socket.fd,
    ...(takePath && { takePath }),
    ...(isReplaced && { isReplaced }),
    release() {
      socket.removePath?.();
      void socket.close();
    },
  };
}

/**
 * Binds a server of another kind to a Unix socket, as {@linkcode listen} does.
 *
 * @throws {ScgiError} `LISTEN_FAILED`, with the address and what to do.
 */
export function bindPath<Server extends Bound>(
  address: UnixAddress,
  bind: (address: UnixAddress) => Promise<Server>,
): Promise<Server> {
  return open(address, false, bind);
}

/** Binds a socket as the kind of its address needs, and translates the error of a failure. */
async function open<At extends ParsedAddress, Socket extends Bound>(
  address: At,
  takeOver: boolean,
  bind: (address: At) => Promise<Socket>,
): Promise<Socket> {
  try {
    if ("fd" in address) {
      return await bindInherited(address, () => bind(address));
    }
    if (!("unix" in address)) return await bind(address);
    if (pathBytes(address.unix) > MAX_BOUND_PATH_BYTES) {
      const shown = { unix: address.unix.replace(/^([^]{200})[^]+$/, "$1…") };
      const why = `its path is over ${MAX_BOUND_PATH_BYTES} bytes. Choose a shorter one`;
      throw listenError(shown, why);
    }
    const bindAt = (temporary: string) => bind({ ...address, unix: temporary });
    return await bindUnix(address, bindAt, takeOver);
  } catch (error) {
    if (error instanceof ScgiError) throw error;
    const { code, name, message } = error as Error & { code?: string };
    // Node reports a missing folder as EACCES.
    const missing = code === "EACCES" && "unix" in address && lacksFolder(address.unix);
    const unknown = code === undefined && !("unix" in address) && UNKNOWN_HOST.test(message);
    const known = missing ? "ENOENT" : unknown ? "ENOTFOUND" : code ?? "";
    throw listenError(address, ADVICE[known] ?? NAMED[name] ?? message, error);
  }
}

/** Whether the folder of a socket is missing; a folder that cannot be examined is not. */
function lacksFolder(socket: string): boolean {
  try {
    return fileSystem.stat(folderOf(socket)) === undefined;
  } catch {
    return false;
  }
}

/** Messages of Deno and of Bun, which have no code, for a host that was not found. */
const UNKNOWN_HOST = /^failed to lookup|^Failed to listen at/;

/** Reasons by the name of an error of Deno that has no code. */
const NAMED: Readonly<Record<string, string>> = {
  NotCapable: "Deno lacks the permission. The README lists the flags that it needs",
  NotFound: ADVICE.ENOENT!,
  AddrInUse: ADVICE.EADDRINUSE!,
};
