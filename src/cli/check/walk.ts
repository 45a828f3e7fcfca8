/**
 * Follows a path as the kernel does, and finds the folders that a user must be able to enter.
 *
 * @module
 */

import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";

/** A file or folder on the way. */
export interface Place {
  readonly path: string;
  readonly stats: Stats;
}

/** The way to a path. */
export interface Way {
  /** The folders in the order in which they are entered, `/` first. */
  readonly folders: readonly Place[];
  /** The entry that the path leads to. */
  readonly end?: Place;
  /** The end of the way: an entry that does not exist, or a folder that is none. */
  readonly missing?: string;
  readonly notFolder?: string;
  /** The folder that this process may not enter. */
  readonly closed?: string;
}

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/** The way to an absolute path. Links on it are followed. */
export function walk(path: string): Way {
  const folders = new Map([["/", { path: "/", stats: lstatSync("/") }]]);
  const way = (rest: Partial<Way>): Way => ({ folders: [...folders.values()], ...rest });
  const rest = partsOf(path);
  let at = "/";
  let end: Place = folders.get("/")!;
  for (let links = 0; rest.length > 0;) {
    const part = rest.shift()!;
    if (part === "..") {
      at = dirname(at);
      end = folders.get(at)!;
      continue;
    }
    const next = join(at, part);
    let stats: Stats;
    try {
      stats = lstatSync(next);
    } catch (error) {
      return way(
        (error as { code?: string }).code === "ENOENT" ? { missing: next } : { closed: at },
      );
    }
    if (stats.isSymbolicLink()) {
      if (++links > MOST_LINKS) return way({ missing: next });
      const target = readlinkSync(next);
      if (target.startsWith("/")) at = "/";
      rest.unshift(...partsOf(target));
      end = folders.get(at)!;
      continue;
    }
    end = { path: next, stats };
    if (stats.isDirectory()) {
      folders.set(next, end);
      at = next;
    } else if (rest.length > 0) {
      return way({ notFolder: next });
    }
  }
  return way({ end });
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
