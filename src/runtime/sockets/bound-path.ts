/**
 * Keeps the file at a path while a socket that was bound there closes. The runtimes remove that path
 * at the close, but the socket has been renamed, so the file may belong to another program.
 *
 * @module
 */

import { fileSystem } from "../system/file-system.ts";
import { permits } from "../system/permissions.ts";

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
  const there = fileSystem.lstat(path);
  // The runtimes remove no folder.
  if (there === undefined || there.kind === "folder") return () => {};
  let aside = `${path}~`;
  while (fileSystem.lstat(aside) !== undefined) aside += "~";
  if (!permits({ name: "write", path: aside }) || link(path, aside) !== undefined) return () => {};
  return () => {
    const failure = link(aside, path);
    if (failure === undefined || fileSystem.lstat(path)?.ino === there.ino) {
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
