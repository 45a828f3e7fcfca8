/**
 * The file system, as far as a start needs it: on Deno by its own calls, because loading `node:fs`
 * there takes 8 ms, a quarter of what Deno itself takes to start.
 *
 * @module
 */

import type { Entry } from "../../transport/socket.ts";
import { deno } from "../detect.ts";
import type { CommonFileSystem, DenoApi, FileStatus } from "../types.ts";

/** The calls that there are; each throws what the runtime throws, with a `code`. */
export interface FileSystem {
  /** What is at a path, or where a link there leads; undefined where nothing is. */
  stat(path: string): Entry | undefined;
  /** What is at a path itself; undefined where nothing is. */
  lstat(path: string): Entry | undefined;
  /** The text of a file. */
  read(path: string): string;
  /** Where a link leads. */
  readLink(path: string): string;
  /** The names in a folder. */
  names(folder: string): string[];
  /** Gives a file its mode, and follows a link. */
  setMode(path: string, mode: number): void;
  /** Gives a file a second name, where nothing has that. */
  link(from: string, to: string): void;
  /** Moves a file, in place of what is there. */
  rename(from: string, to: string): void;
  /** Removes a file, where it is there. */
  remove(path: string): void;
  /**
   * The user id of this process. Deno tells it without a further permission by a file, which is
   * made for that and removed.
   */
  ownUid(file: string): number | null;
}

/** Whether it is the same file: the number of one that is gone may be another's by now. */
export function isSame(one: Entry | undefined, other: Entry | undefined): boolean {
  return one !== undefined && one.ino === other?.ino && one.made === other.made;
}

/** Kinds by the upper four bits of `st_mode`, as inode(7) has them. */
const KINDS: Readonly<Record<number, Entry["kind"]>> = { 4: "folder", 8: "file", 12: "socket" };

/** The file system by the calls of this runtime. */
export const fileSystem: FileSystem = deno === undefined ? ofNode() : ofDeno(deno);

function ofDeno(native: DenoApi): FileSystem {
  return make(native, {
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
  const fs = globalThis.process.getBuiltinModule("node:fs");
  return make(fs as CommonFileSystem, {
    read: (path) => fs.readFileSync(path, "utf8"),
    readLink: fs.readlinkSync,
    names: fs.readdirSync,
    remove: fs.unlinkSync,
    ownUid: () => globalThis.process.getuid!(),
  });
}

function make(
  { statSync, lstatSync, chmodSync, linkSync, renameSync }: CommonFileSystem,
  { remove, ...own }: Pick<FileSystem, "read" | "readLink" | "names" | "remove" | "ownUid">,
): FileSystem {
  const entry = ({ mode, ino, uid, mtime }: FileStatus): Entry => {
    return { kind: KINDS[mode! >> 12], ino, made: Number(mtime), mode: mode! & 0o7777, uid };
  };
  return {
    ...own,
    stat: (path) => ifThere(() => entry(statSync(path))),
    lstat: (path) => ifThere(() => entry(lstatSync(path))),
    setMode: chmodSync,
    link: linkSync,
    rename: renameSync,
    remove: (path) => ifThere(() => remove(path)),
  };
}

/** What an action gives; undefined where it finds nothing. */
function ifThere<Value>(action: () => Value): Value | undefined {
  try {
    return action();
  } catch (error) {
    const { code = "" } = error as { code?: string };
    // The second where a file is taken for a folder on the way.
    if (/^ENO(?:ENT|TDIR)$/.test(code)) return undefined;
    throw error;
  }
}
