/**
 * Mode and group of a bound socket. Other users may write to its folder, and put a link to any
 * file, or a second name of it, in the place of the socket between two calls.
 *
 * @module
 */

import type fs from "node:fs";
import path from "node:path";
import { fileSystem } from "../system/file-system.ts";
import { permits } from "../system/permissions.ts";

type NodeFs = typeof fs;

/** Opens the place of a file alone, because a socket cannot be opened itself; a flag of Linux. */
const O_PATH = 0o10000000;
/** Names of the open files of this process on Linux, which stay whatever becomes of the others. */
const OPEN_FILES = "/proc/self/fd";
/** The user id that leaves the owner of a file as it is. */
const SAME = -1;
/** Bits of a folder's mode: other users may write there; each can change its own files alone. */
const [OTHERS_WRITE, STICKY] = [0o022, 0o1000];

/** Code of the error of a path that has become another's. */
export const REPLACED = "ESTALE";

/** The error of a path that has become another's. */
export function replaced(path: string): Error {
  return Object.assign(new Error(`${path} was replaced`), { code: REPLACED });
}

/**
 * Gives a socket its group, by number.
 *
 * Without `/proc`, and on Deno where not everything is permitted, a second name of another file
 * would be taken for the socket; the kernel lets nobody make one unless `fs.protected_hardlinks` is
 * off.
 */
export function setGroup(socket: string, group: number): void {
  if (pin(socket, (fs, pinned) => fs.chownSync(pinned, SAME, group))) return;
  nodeFs().lchownSync(socket, SAME, group);
}

/**
 * Gives a socket its mode; by its name, where nothing else is permitted, only if nobody else can
 * change the name.
 *
 * @returns whether it was done.
 */
export function setMode(socket: string, mode: number): boolean {
  if (pin(socket, (fs, pinned) => fs.chmodSync(pinned, mode))) return true;
  const folder = fileSystem.stat(path.dirname(socket));
  if (folder === undefined) return false;
  if ((folder.mode & OTHERS_WRITE) !== 0 && (folder.mode & STICKY) === 0) return false;
  if (folder.uid !== 0 && folder.uid !== fileSystem.ownUid(`${socket}.uid`)) return false;
  fileSystem.setMode(socket, mode);
  return true;
}

/** Changes a socket by a name that nobody else has; false where this process has none either. */
function pin(socket: string, change: (fs: NodeFs, pinned: string) => void): boolean {
  if (!permits({ name: "read", path: OPEN_FILES })) return false;
  const fs = nodeFs();
  if (!fs.existsSync(OPEN_FILES)) return false;
  const fd = fs.openSync(socket, O_PATH | fs.constants.O_NOFOLLOW);
  try {
    const stat = fs.fstatSync(fd);
    // A socket with a second name may be another server's.
    if (!stat.isSocket() || stat.nlink !== 1) throw replaced(socket);
    change(fs, `${OPEN_FILES}/${fd}`);
  } finally {
    fs.closeSync(fd);
  }
  return true;
}

/** Loaded where it is needed: it takes Deno longer than its own start. */
function nodeFs(): NodeFs {
  return globalThis.process.getBuiltinModule("node:fs");
}
