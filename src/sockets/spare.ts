/**
 * Runtimes remove the path that they bound when they let go of a socket, whatever is there by then.
 * Ours is renamed long before, so what is there is another's, and has to stay.
 *
 * @module
 */

import { fileSystem } from "./file-system.ts";
import { permits } from "./permissions.ts";

/** Lets go of a socket, and leaves what is at the path that it was bound to. */
export async function spare(path: string, letGo: () => Promise<void> | void): Promise<void> {
  const putBack = putAside(path);
  try {
    await letGo();
  } finally {
    putBack();
  }
}

/** Gives what is at a path a second name; the function that is returned undoes it. */
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

/** Gives a file another name, and never takes that from another file. Gives the code of a failure. */
export function link(from: string, to: string): string | undefined {
  try {
    fileSystem.link(from, to);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? "";
  }
}
