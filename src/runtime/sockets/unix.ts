/**
 * The path of a Unix socket: it appears with its mode and group, replaces only what is dead, and
 * is removed only by the server that made it.
 *
 * A socket is bound as `PATH.tmp`. Other users may write to the folder, and a name there can stand
 * for another file at each call. So the socket is bound with its mode, by a call that never follows
 * a link; its group is given to the socket and not to its name; then it becomes `PATH`. A private
 * folder would be no safer: it can be replaced as well, and a link in its place is followed.
 *
 * @module
 */

import { toListenAddress, type UnixAddress } from "../../address.ts";
import { ScgiError } from "../../errors.ts";
import { quoted } from "../../scgi/printable.ts";
import { cannotListen } from "./listen-error.ts";
import { fileSystem, isSame } from "../system/file-system.ts";
import { REPLACED, replaced, setGroup, setMode } from "./no-follow.ts";
import { connect } from "./node.ts";
import type { Bound, Entry } from "../../transport/socket.ts";
import { link, spare } from "./bound-path.ts";
import { DEFAULT_MODE } from "./umask.ts";

const ATTEMPTS = 10;
const ATTEMPT_MS = 50;
const PROBES = 3;
/** Bits of a mode: all, and those of which a client needs one. */
const [PERMISSIONS, CONNECT] = [0o777, 0o222];
/** Codes of a name that stands for another file than a moment before. */
const CHANGES: ReadonlySet<string> = new Set(["EADDRINUSE", "ENOENT", REPLACED]);

/**
 * Binds a Unix socket as `PATH.tmp`, gives it its group, and renames it to `PATH`.
 *
 * @param bind Listens at a path, with the mode of the address.
 * @throws {ScgiError} `LISTEN_FAILED` where a living server or something else is at the path.
 */
export async function bindUnix<Socket extends Bound>(
  address: UnixAddress,
  bind: (path: string) => Promise<Socket>,
): Promise<Socket> {
  const { unix: path, group } = address;
  const temporary = `${path}.tmp`;
  const gid = group === undefined ? undefined : groupId(group);
  for (let attempt = 1;; attempt++) {
    const dead = await clear(path, address);
    await clearTemporary(temporary, address);
    try {
      return await place(await bind(temporary), { address, temporary, dead, gid });
    } catch (error) {
      // Another server starts or stops, or the file at a name has been moved.
      if (!CHANGES.has((error as { code?: string }).code ?? "")) throw error;
      if (attempt === ATTEMPTS) {
        const why = "other programs change its files again and again. Choose a folder of its own";
        throw fileSystem.lstat(temporary) ? cannotListen(address, why, error) : error;
      }
    }
  }
}

interface Placing {
  address: UnixAddress;
  temporary: string;
  /** The stale socket at the path, which may be replaced. */
  dead: Entry | undefined;
  gid: number | undefined;
}

/** Gives a socket its group and its path, without a turn before it has them. */
async function place<Socket extends Bound>(socket: Socket, placing: Placing): Promise<Socket> {
  const { address, temporary, dead, gid } = placing;
  const { unix: path } = address;
  const made = socket.made ?? fileSystem.lstat(temporary);
  const close = socket.close.bind(socket);
  socket.close = () => spare(temporary, close);
  try {
    if (made?.kind !== "socket" || !isSame(made, fileSystem.lstat(temporary))) {
      throw replaced(temporary);
    }
    giveMode(made, placing);
    if (gid !== undefined) setGroup(temporary, gid);
    rename(temporary, path, dead);
    const now = fileSystem.lstat(path);
    if (!isSame(made, now)) {
      // It is the socket of a server that starts, which will see that it is gone.
      if (now?.kind === "socket") fileSystem.remove(path);
      throw replaced(path);
    }
    await spare(temporary, () => socket.renamed?.());
  } catch (error) {
    if (made?.kind === "socket" && isSame(fileSystem.lstat(temporary), made)) {
      fileSystem.remove(temporary);
    }
    await socket.close();
    throw error;
  }
  return Object.assign(socket, {
    address: toListenAddress(address),
    removePath(): void {
      // It may be a successor's by then.
      if (fileSystem.lstat(path)?.ino === made.ino) fileSystem.remove(path);
    },
  });
}

/** Sets the mode where the umask has not: where it may not be set, or a folder has an ACL. */
function giveMode(made: Entry, { address, temporary }: Placing): void {
  const { mode = DEFAULT_MODE } = address;
  if ((made.mode & PERMISSIONS) === mode) return;
  if ((made.mode & ~mode & CONNECT) !== 0) {
    throw cannotListen(
      address,
      "others could connect before its mode is set. Start with umask 077, on Deno with --allow-sys",
    );
  }
  if (setMode(temporary, mode)) return;
  throw cannotListen(
    address,
    "others may write to its folder, so its mode cannot be set safely. Start Deno with " +
      "--allow-sys, or choose another folder",
  );
}

/** Gives a socket its path, in place of the stale socket there and of nothing else. */
function rename(temporary: string, path: string, dead: Entry | undefined): void {
  const there = fileSystem.lstat(path);
  if (there === undefined) {
    const failure = link(temporary, path);
    if (failure === undefined) return fileSystem.remove(temporary);
    if (CHANGES.has(failure) || failure === "EEXIST") throw replaced(path);
    // A file system without links.
  } else if (!isSame(there, dead)) {
    throw replaced(path);
  }
  fileSystem.rename(temporary, path);
}

/** Makes sure that a path can be taken. Gives the stale socket there. */
async function clear(path: string, address: UnixAddress): Promise<Entry | undefined> {
  const stat = fileSystem.lstat(path);
  if (stat === undefined) return undefined;
  if (stat.kind !== "socket") {
    throw cannotListen(
      address,
      "there is a file that is no socket. Move it, or choose another path",
    );
  }
  if (await answers(path)) {
    throw cannotListen(address, "another server listens there. Stop it first");
  }
  return stat;
}

/** The temporary name may be a starting server's, so it is given a moment. */
async function clearTemporary(path: string, address: UnixAddress): Promise<void> {
  for (let attempt = 1;; attempt++) {
    const stat = fileSystem.lstat(path);
    if (stat === undefined) return;
    if (stat.kind !== "socket") {
      throw cannotListen(address, `${path} is needed, and is no socket. Move it`);
    }
    if (!await answers(path)) {
      if (isSame(fileSystem.lstat(path), stat)) fileSystem.remove(path);
    } else if (attempt === ATTEMPTS) {
      throw cannotListen(address, `another server listens at ${path}`);
    } else {
      await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MS));
    }
  }
}

/** Whether a server answers, or may: a full backlog refuses connections for a moment. */
async function answers(path: string): Promise<boolean> {
  for (let attempt = 1; attempt <= PROBES; attempt++) {
    if (!await refuses(path)) return true;
    await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MS));
  }
  return false;
}

/** Whether nobody listens on a socket: that it is there does not tell. */
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
  if (typeof group === "number") return group;
  if (/^[0-9]+$/.test(group)) return Number(group);
  for (const line of fileSystem.read("/etc/group").split("\n")) {
    const [name, , id] = line.split(":");
    if (name === group) return Number(id);
  }
  throw new ScgiError(
    "OPTION_INVALID",
    `There is no group ${quoted(group)} on this system`,
  );
}
