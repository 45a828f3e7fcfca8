/**
 * Sets the mode and the group of a bound socket without following a link. Write access to the folder
 * suffices to replace the socket between two calls by a symbolic or a hard link to any file.
 *
 * @module
 */

import type fs from "node:fs";
import { folderOf } from "./folder.ts";
import { fileSystem } from "../system/file-system.ts";
import { nodeFs } from "../system/node-fs.ts";
import { permits } from "../system/permissions.ts";

type NodeFs = typeof fs;

/** Flag of open(2) on Linux that opens only the path, since a socket itself cannot be opened. */
const O_PATH = 0o10000000;
/** Paths of the open files of this process on Linux, which other users cannot replace. */
const OPEN_FILES = "/proc/self/fd";
/** The user ID that makes chown(2) keep the owner. */
const SAME = -1;
/** Bits of a folder's mode: other users may write to it; they may rename only their own files. */
const [OTHERS_WRITE, STICKY] = [0o022, 0o1000];

/** The code of {@linkcode replaced}. */
export const REPLACED = "ESTALE";

/** The error of a socket whose path now leads to another file. */
export function replaced(path: string): Error {
  return Object.assign(new Error(`${path} was replaced`), { code: REPLACED });
}

/**
 * Sets the group of a socket, by number.
 *
 * Without `/proc`, and on Deno without all permissions, a hard link to another file would be followed;
 * the kernel forbids users to make such a link unless `fs.protected_hardlinks` is off.
 */
export function setGroup(socket: string, group: number): void {
  if (pin(socket, (fs, pinned) => fs.chownSync(pinned, SAME, group))) return;
  nodeFs().lchownSync(socket, SAME, group);
}

/**
 * Sets the mode of a socket. Where only the path can be used for that, the mode is set only if no
 * other user can replace the socket.
 *
 * @returns whether the mode was set.
 */
export function setMode(socket: string, mode: number): boolean {
  if (pin(socket, (fs, pinned) => fs.chmodSync(pinned, mode))) return true;
  const folder = fileSystem.stat(folderOf(socket));
  if (folder === undefined) return false;
  if ((folder.mode & OTHERS_WRITE) !== 0 && (folder.mode & STICKY) === 0) return false;
  if (folder.uid !== 0 && folder.uid !== fileSystem.ownUid(`${socket}.uid`)) return false;
  fileSystem.setMode(socket, mode);
  return true;
}

/** Changes a socket by a path that other users cannot replace; false where the system has no such path. */
function pin(socket: string, change: (fs: NodeFs, pinned: string) => void): boolean {
  if (!permits({ name: "read", path: OPEN_FILES })) return false;
  const fs = nodeFs();
  if (!fs.existsSync(OPEN_FILES)) return false;
  const fd = fs.openSync(socket, O_PATH | fs.constants.O_NOFOLLOW);
  try {
    const stat = fs.fstatSync(fd);
    // A socket with a hard link may be another server's.
    if (!stat.isSocket() || stat.nlink !== 1) throw replaced(socket);
    change(fs, `${OPEN_FILES}/${fd}`);
  } finally {
    fs.closeSync(fd);
  }
  return true;
}
