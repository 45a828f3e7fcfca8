/**
 * The path that a socket was bound to, at its close: a runtime removes whichever file is there by
 * then. A server's socket has been renamed, so that the file is another program's, and stays.
 *
 * @module
 */

import { fileSystem } from "../system/file-system.ts";
import { permits } from "../system/permissions.ts";

/** Lets go of a socket, and spares the file at the path that it was bound to. */
export async function spare(path: string, letGo: () => Promise<void> | void): Promise<void> {
  const putBack = putAside(path);
  try {
    await letGo();
  } finally {
    putBack();
  }
}

/** Gives the file at a path a second name; the returned function undoes it. */
function putAside(path: string): () => void {
  const there = fileSystem.lstat(path);
  // A folder is not removed.
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

/** Gives a file another name, unless that is another file's. Returns the code of a failure. */
export function link(from: string, to: string): string | undefined {
  try {
    fileSystem.link(from, to);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? "";
  }
}
