/**
 * Listens on any address, with this runtime's sockets, and says what to do where that fails.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import path from "node:path";
import { type ListenAddress, type ParsedAddress, toListenAddress } from "../../address.ts";
import { ScgiError } from "../../errors.ts";
import { runtime } from "../detect.ts";
import { bunSockets } from "./bun.ts";
import { cannotListen } from "./listen-error.ts";
import { denoSockets } from "./deno.ts";
import { fileSystem } from "../system/file-system.ts";
import { bindInherited, copyInherited } from "./inherited.ts";
import { nodeSockets } from "./node.ts";
import type { Accept, Bound, Listener, ListenOptions, Sockets } from "../../transport/socket.ts";
import { bindUnix } from "./unix.ts";

/** The longest path of a socket that the system takes, in bytes; longer ones some cut in silence. */
const PATH_BYTES = 107;

/** The sockets of this runtime. */
const SOCKETS: Sockets = { bun: bunSockets, deno: denoSockets, node: nodeSockets }[runtime];

/** What to do about an error of the system, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there. Stop it, or choose another address",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "permission is denied. Choose a port from 1024 on, or a folder that you may write to",
  EPERM: "permission is denied",
  ENOENT: "its folder does not exist. Make it first",
  ENOTDIR: "its folder is a file",
  ENOTFOUND: "there is no host of that name",
};

/**
 * Listens on an address.
 *
 * @throws {ScgiError} `LISTEN_FAILED`, with the address and what to do.
 */
export function listen(
  address: ParsedAddress,
  options: ListenOptions,
  accept: Accept,
): Promise<Listener> {
  return place(address, (at) => SOCKETS.listen(at, options, accept));
}

/** A listening socket that this process leaves to others. */
export interface Held {
  /** Where it listens. */
  readonly address: ListenAddress;
  /** Its file descriptor, for them to inherit. */
  readonly fd: number;
  /** Removes the path, and closes this process's hold on it. */
  release(): void;
}

/**
 * Opens a listening socket for other processes to accept from; this one never does.
 *
 * @throws {ScgiError} `LISTEN_FAILED`, with the address and what to do.
 */
export async function hold(address: ParsedAddress): Promise<Held> {
  if ("fd" in address) {
    return { address: toListenAddress(address), fd: await copyInherited(address), release() {} };
  }
  const socket = await place(address, (at) => SOCKETS.hold(at));
  return {
    address: socket.address,
    fd: socket.fd,
    release() {
      socket.removePath?.();
      void socket.close();
    },
  };
}

/** Listens in the way of the address's kind. */
async function place<At extends ParsedAddress, Socket extends Bound>(
  address: At,
  bind: (address: At) => Promise<Socket>,
): Promise<Socket> {
  try {
    if ("fd" in address) {
      return await bindInherited(address, () => bind(address));
    }
    if (!("unix" in address)) return await bind(address);
    if (Buffer.byteLength(`${address.unix}.tmp`) > PATH_BYTES) {
      throw cannotListen(address, `its path is over ${PATH_BYTES - 4} bytes. Choose a shorter one`);
    }
    return await bindUnix(address, (temporary) => bind({ ...address, unix: temporary }));
  } catch (error) {
    if (error instanceof ScgiError) throw error;
    const { code, name, message } = error as Error & { code?: string };
    // Node calls a folder that does not exist one without permission.
    const missing = code === "EACCES" && "unix" in address && lacksFolder(address.unix);
    const known = missing ? "ENOENT" : code ?? "";
    throw cannotListen(address, ADVICE[known] ?? NAMED[name] ?? message, error);
  }
}

/** Whether nothing is where the folder should be; one that may not be looked at is there. */
function lacksFolder(socket: string): boolean {
  try {
    return fileSystem.stat(path.dirname(socket)) === undefined;
  } catch {
    return false;
  }
}

/** Deno's errors without a code. */
const NAMED: Readonly<Record<string, string>> = {
  NotCapable: "Deno was not given permission. The README says which flags it needs",
  NotFound: ADVICE.ENOENT!,
  AddrInUse: ADVICE.EADDRINUSE!,
};
