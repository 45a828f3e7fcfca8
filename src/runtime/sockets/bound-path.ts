/**
 * The path that a socket is bound to. It stays the same where the app changes the working directory, and
 * a new file at that path is kept while the socket closes: the runtimes remove the path at the close,
 * but the socket has been renamed, so the file may belong to another program.
 *
 * @module
 */

import {
  MAX_BOUND_PATH_BYTES,
  pathBytes,
  type ServerAddress,
  SYSTEMD,
  type UnixAddress,
} from "../../address.ts";
import { fileSystem } from "../system/file-system.ts";
import { permits } from "../system/permissions.ts";
import { workingDirectory } from "../system/working-directory.ts";

/** The address of a Unix socket, and the absolute form of a path that is relative. */
export type AnchoredUnix = UnixAddress & { readonly file?: string };

/** Adds the absolute path to the address of a Unix socket, where a socket can have that path. */
export function anchored(address: ServerAddress): ServerAddress {
  if (address === SYSTEMD || !("unix" in address) || address.unix.startsWith("/")) return address;
  const folder = workingDirectory();
  if (folder === undefined) return address;
  const file = `${folder}/${address.unix}`;
  return pathBytes(file) > MAX_BOUND_PATH_BYTES ? address : { ...address, file } as AnchoredUnix;
}

/** Closes a socket, and keeps the file at the path that the socket was bound to. */
export async function keepFile(path: string, close: () => Promise<void> | void): Promise<void> {
  const restore = linkAside(path);
  try {
    await close();
  } finally {
    restore();
  }
}

/** Gives the file at a path a second name. The returned function restores the path. */
function linkAside(path: string): () => void {
  const existing = fileSystem.lstat(path);
  // The runtimes remove no folder.
  if (existing === undefined || existing.kind === "folder") return () => {};
  let aside = `${path}~`;
  while (fileSystem.lstat(aside) !== undefined) aside += "~";
  if (!permits({ name: "write", path: aside }) || link(path, aside) !== undefined) return () => {};
  return () => {
    const failure = link(aside, path);
    if (failure === undefined || fileSystem.lstat(path)?.ino === existing.ino) {
      fileSystem.remove(aside);
    }
  };
}

/** Creates a hard link. Returns the code of the error where that fails. */
export function link(from: string, to: string): string | undefined {
  try {
    fileSystem.link(from, to);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? "";
  }
}
