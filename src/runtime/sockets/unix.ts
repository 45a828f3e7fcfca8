/**
 * The path of a Unix socket: the path appears with its mode and group, replaces only a stale socket,
 * and is removed only by the server that bound it.
 *
 * A socket is bound as `PATH.tmp`. Write access to the folder suffices to replace that file between
 * two calls. So bind(2) itself, which never follows a link, sets the mode; the group is set through
 * an open file; then the socket is renamed to `PATH`. A private folder would not be safer: it can be
 * replaced as well, and bind(2) follows a link in its place.
 *
 * @module
 */

import { toListenAddress, type UnixAddress } from "../../address.ts";
import { ScgiError } from "../../errors.ts";
import { quoted } from "../../scgi/printable.ts";
import { folderOf } from "./folder.ts";
import { listenError } from "./listen-error.ts";
import { fileSystem, isSame } from "../system/file-system.ts";
import { REPLACED, replaced, setGroup, setMode } from "./no-follow.ts";
import { connect } from "./node-socket.ts";
import type { Bound, Entry } from "../../transport/socket.ts";
import { type AnchoredUnix, keepFile, link } from "./bound-path.ts";
import { predecessorAt } from "./predecessor.ts";
import { DEFAULT_MODE } from "./umask.ts";
import { pause } from "../system/timers.ts";

const ATTEMPTS = 10;
const ATTEMPT_MS = 50;
const PROBES = 3;
/** Bits of a mode: all permissions, and those to write, of which a client needs one to connect. */
const [PERMISSIONS, CONNECT] = [0o777, 0o222];
/** The highest number of a group: the one above it stands for no group. */
const MAX_GROUP = 0xfffffffe;
/** Codes of the errors that a concurrent change of the path causes. */
const CHANGES: ReadonlySet<string> = new Set(["EADDRINUSE", "ENOENT", REPLACED]);

/**
 * Binds a Unix socket as `PATH.tmp`, sets its group, and renames it to `PATH`.
 *
 * @param bind Listens at a path, with the mode of the address.
 * @param takeOver Leaves the socket at `PATH.tmp` until its `takePath` is called, which replaces the
 * socket of a living server as well.
 * @throws {ScgiError} `LISTEN_FAILED` where another server or another kind of file is at the path.
 */
export async function bindUnix<Socket extends Bound>(
  address: AnchoredUnix,
  bind: (path: string) => Promise<Socket>,
  takeOver: boolean,
): Promise<Socket> {
  const { file: path = address.unix, group } = address;
  const temporary = `${path}.tmp`;
  const gid = group === undefined ? undefined : groupId(group);
  for (let attempt = 1;; attempt++) {
    const stale = takeOver ? socketAt(path, address) : await staleSocket(path, address);
    await clearTemporary(temporary, address);
    try {
      return await place(await bind(temporary), { address, temporary, stale, gid, takeOver });
    } catch (error) {
      // Another server has started or stopped, or another program has replaced a file.
      if (!CHANGES.has((error as { code?: string }).code ?? "")) throw error;
      if (attempt === ATTEMPTS) {
        const why = "other programs keep replacing its files. Choose a folder of its own";
        throw fileSystem.lstat(temporary) ? listenError(address, why, error) : error;
      }
    }
  }
}

interface Placing {
  address: AnchoredUnix;
  temporary: string;
  /** The stale socket at the path, which may be replaced. */
  stale: Entry | undefined;
  gid: number | undefined;
  takeOver: boolean;
}

/** Sets the group and the path of a bound socket, without a turn of the event loop before. */
async function place<Socket extends Bound>(socket: Socket, placing: Placing): Promise<Socket> {
  const { address, temporary, stale, gid, takeOver } = placing;
  const { file: path = address.unix } = address;
  const made = socket.made ?? fileSystem.lstat(temporary);
  const close = socket.close.bind(socket);
  socket.close = () => keepFile(temporary, close);
  try {
    if (made?.kind !== "socket" || !isSame(made, fileSystem.lstat(temporary))) {
      throw replaced(temporary);
    }
    ensureMode(made, placing);
    if (gid !== undefined) giveGroup(gid, placing);
    if (!takeOver) {
      rename(temporary, path, stale);
      const now = fileSystem.lstat(path);
      if (!isSame(made, now)) {
        // The socket belongs to another server that is starting, and that notices the removal.
        if (now?.kind === "socket") fileSystem.remove(path);
        throw replaced(path);
      }
      await keepFile(temporary, () => socket.renamed?.());
    }
  } catch (error) {
    if (made?.kind === "socket" && isSame(fileSystem.lstat(temporary), made)) {
      fileSystem.remove(temporary);
    }
    await socket.close();
    throw error;
  }
  let removed = false;
  return Object.assign(socket, {
    address: toListenAddress(address),
    removePath(): void {
      // Once this socket is closed, a successor's may have its inode number.
      if (removed) return;
      removed = true;
      // The file may be that of a successor.
      for (const file of takeOver ? [temporary, path] : [path]) {
        if (fileSystem.lstat(file)?.ino === made.ino) fileSystem.remove(file);
      }
    },
    isReplaced(): boolean {
      const now = fileSystem.lstat(path);
      return now?.kind === "socket" && now.ino !== made.ino;
    },
    ...(takeOver && { takePath: () => takePath(socket, made, placing) }),
  });
}

/** Sets the group. The kernel lets a user give a file to groups of its own, and to the one it has. */
function giveGroup(gid: number, { address, temporary }: Placing): void {
  try {
    setGroup(temporary, gid);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { unix, group } = address;
    throw listenError(
      address,
      `this user may not give it to the group ${group}. Join that group, or let the folder give it: ` +
        `sudo install -d -m 2750 -o "$USER" -g ${group} ${folderOf(unix)}`,
      error,
    );
  }
}

/** Whether the system has denied a change: Deno's error has a name, and no code in every call. */
function isRefusal(error: unknown): boolean {
  const { code, name } = error as { code?: string; name?: string };
  return code === "EPERM" || code === "EACCES" || name === "PermissionDenied";
}

/** Renames a socket to its path, where the socket of a living server may be. */
async function takePath(
  socket: Bound,
  made: Entry,
  { address, temporary }: Placing,
): Promise<{ stops: Promise<boolean> }> {
  const { file: path = address.unix } = address;
  const predecessor = await predecessorAt(path);
  for (let attempt = 1;; attempt++) {
    try {
      const existing = socketAt(path, address);
      if (!isSame(made, fileSystem.lstat(temporary))) throw replaced(temporary);
      rename(temporary, path, existing);
      await keepFile(temporary, () => socket.renamed?.());
      return { stops: predecessor.stops() };
    } catch (error) {
      // A server that was bound at the temporary path, and closes, restores this file in a moment.
      if (attempt === ATTEMPTS || (error as { code?: string }).code !== REPLACED) throw error;
    }
    await pause(ATTEMPT_MS);
  }
}

/** Sets the mode where the umask did not: without permission, or in a folder with an ACL. */
function ensureMode(made: Entry, { address, temporary }: Placing): void {
  const { mode = DEFAULT_MODE } = address;
  if ((made.mode & PERMISSIONS) === mode) return;
  if ((made.mode & ~mode & CONNECT) !== 0) {
    throw listenError(
      address,
      "other users could connect before its mode is set. Start with umask 077, or Deno with " +
        "--allow-sys",
    );
  }
  if (setMode(temporary, mode)) return;
  throw listenError(
    address,
    "other users may write to its folder, so its mode cannot be set safely. Start Deno with " +
      "--allow-sys, or choose another folder",
  );
}

/** Renames a socket to its path, where only a stale socket may be replaced. */
function rename(temporary: string, path: string, stale: Entry | undefined): void {
  const existing = fileSystem.lstat(path);
  if (existing === undefined) {
    const failure = link(temporary, path);
    if (failure === undefined) return fileSystem.remove(temporary);
    if (CHANGES.has(failure) || failure === "EEXIST") throw replaced(path);
    // The file system has no hard links.
  } else if (!isSame(existing, stale)) {
    throw replaced(path);
  }
  fileSystem.rename(temporary, path);
}

/** Checks that a path is free. Returns the stale socket that is there, if any. */
async function staleSocket(path: string, address: UnixAddress): Promise<Entry | undefined> {
  const stat = socketAt(path, address);
  if (stat !== undefined && await answers(path)) {
    const what = "Stop it first, or take its place with --take-over (takeOver)";
    const taken = Object.assign(new Error("The address is in use"), { code: "EADDRINUSE" });
    throw listenError(address, `another server listens there. ${what}`, taken);
  }
  return stat;
}

/** The socket at a path, if any. A file of any other kind is an error. */
function socketAt(path: string, address: UnixAddress): Entry | undefined {
  const stat = fileSystem.lstat(path);
  if (stat === undefined || stat.kind === "socket") return stat;
  throw listenError(address, "the file there is not a socket. Move it, or choose another path");
}

/** Removes a stale socket at the temporary path. Waits for a server that is starting there. */
async function clearTemporary(path: string, address: UnixAddress): Promise<void> {
  for (let attempt = 1;; attempt++) {
    const stat = fileSystem.lstat(path);
    if (stat === undefined) return;
    if (stat.kind !== "socket") {
      throw listenError(address, `the file ${path} is not a socket. Move it`);
    }
    if (!await answers(path)) {
      if (isSame(fileSystem.lstat(path), stat)) fileSystem.remove(path);
    } else if (attempt === ATTEMPTS) {
      throw listenError(address, `another server listens at ${path}`);
    } else {
      await pause(ATTEMPT_MS);
    }
  }
}

/** Whether a server listens on a socket. A full backlog refuses connections for a moment. */
async function answers(path: string): Promise<boolean> {
  for (let attempt = 1; attempt <= PROBES; attempt++) {
    if (!await refuses(path)) return true;
    await pause(ATTEMPT_MS);
  }
  return false;
}

/** Whether a connection to a socket is refused. */
function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    connect({ unix: path }, (socket) => ({
      connect() {
        resolve(false);
        socket.end();
      },
      data: () => false,
      end() {},
      drain() {},
      close: (error) => {
        const { code } = (error ?? {}) as { code?: string };
        resolve(code === "ECONNREFUSED" || code === "ENOENT");
      },
    }));
  });
}

function groupId(group: string | number): number {
  if (typeof group === "number" || /^[0-9]+$/.test(group)) {
    const number = Number(group);
    if (Number.isInteger(number) && number >= 0 && number <= MAX_GROUP) return number;
    throw new ScgiError(
      "OPTION_INVALID",
      `The group ${quoted(group)} cannot exist: a group has a number from 0 to ${MAX_GROUP}`,
    );
  }
  for (const line of fileSystem.read("/etc/group").split("\n")) {
    const [name, , id] = line.split(":");
    if (name === group && id !== undefined) return Number(id);
  }
  throw new ScgiError(
    "OPTION_INVALID",
    `The group ${quoted(group)} does not exist on this system. Create it, or name another`,
  );
}
