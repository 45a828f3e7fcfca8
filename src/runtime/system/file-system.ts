/**
 * The file system calls that a start needs: on Deno those of `Deno`, because loading `node:fs` takes
 * 8 ms there, a quarter of Deno's own start. Elsewhere `node:fs` is loaded at the first call: a server on
 * a TCP port needs none, and Bun takes 2 ms for it.
 *
 * @module
 */

import type fs from "node:fs";
import type { Entry } from "../../transport/socket.ts";
import { deno } from "../detect.ts";
import type { CommonFileSystem, DenoApi, FileStatus } from "../types.ts";
import { nodeFs } from "./node-fs.ts";

/** Synchronous calls. Each throws the runtime's own error, which has a `code`. */
export interface FileSystem {
  /** The entry at a path, after following links; undefined where the path does not exist. */
  stat(path: string): Entry | undefined;
  /** The entry at a path, which may be a link; undefined where the path does not exist. */
  lstat(path: string): Entry | undefined;
  /** The text of a file. */
  read(path: string): string;
  /** The target of a symbolic link. */
  readLink(path: string): string;
  /** The names in a folder. */
  names(folder: string): string[];
  /** Sets the mode of a file, and follows links. */
  setMode(path: string, mode: number): void;
  /** Creates a hard link. Fails where its path exists. */
  link(from: string, to: string): void;
  /** Moves a file, and replaces a file at its new path. */
  rename(from: string, to: string): void;
  /** Removes a file if it exists. */
  remove(path: string): void;
  /**
   * The user ID of this process. On Deno, which needs a permission to tell it, it is the owner of a
   * file that is created for that and removed.
   */
  ownUid(file: string): number | null;
}

/** Whether two entries are the same file. The inode alone may have been reused. */
export function isSame(one: Entry | undefined, other: Entry | undefined): boolean {
  return one !== undefined && one.ino === other?.ino && one.made === other.made;
}

/** Kinds by the upper four bits of `st_mode`, see inode(7). */
const KINDS: Readonly<Record<number, Entry["kind"]>> = { 4: "folder", 8: "file", 12: "socket" };

/** The file system calls of this runtime. */
export const fileSystem: FileSystem = deno === undefined ? ofNode() : ofDeno(deno);

function ofDeno(native: DenoApi): FileSystem {
  return make(() => native, {
    read: native.readTextFileSync,
    readLink: native.readLinkSync,
    names: (folder) => Array.from(native.readDirSync(folder), ({ name }) => name),
    remove: native.removeSync,
    ownUid(path) {
      const file = native.openSync(path, { write: true, createNew: true });
      try {
        return file.statSync().uid;
      } finally {
        file.close();
        native.removeSync(path);
      }
    },
  });
}

function ofNode(): FileSystem {
  let loaded: typeof fs | undefined;
  const native = () => loaded ??= nodeFs();
  return make(native as () => CommonFileSystem, {
    read: (path) => native().readFileSync(path, "utf8"),
    readLink: (path) => native().readlinkSync(path),
    names: (folder) => native().readdirSync(folder),
    remove: (path) => native().unlinkSync(path),
    ownUid: () => globalThis.process.getuid!(),
  });
}

function make(
  native: () => CommonFileSystem,
  { remove, ...own }: Pick<FileSystem, "read" | "readLink" | "names" | "remove" | "ownUid">,
): FileSystem {
  const entry = ({ mode, ino, uid, mtime }: FileStatus): Entry => {
    return { kind: KINDS[mode! >> 12], ino, made: Number(mtime), mode: mode! & 0o7777, uid };
  };
  return {
    ...own,
    stat: (path) => ifExists(() => entry(native().statSync(path))),
    lstat: (path) => ifExists(() => entry(native().lstatSync(path))),
    setMode: (path, mode) => native().chmodSync(path, mode),
    link: (from, to) => native().linkSync(from, to),
    rename: (from, to) => native().renameSync(from, to),
    remove: (path) => ifExists(() => remove(path)),
  };
}

/** The result of an action; undefined where its path does not exist. */
function ifExists<Value>(action: () => Value): Value | undefined {
  try {
    return action();
  } catch (error) {
    const { code = "" } = error as { code?: string };
    // ENOTDIR: an earlier part of the path is a file.
    if (/^ENO(?:ENT|TDIR)$/.test(code)) return undefined;
    throw error;
  }
}
