/**
 * The path of a Unix socket: it appears with its mode and group, replaces only what is dead, and
 * is removed only by who made it.
 *
 * @module
 */

import { toListenAddress, type UnixAddress } from "../address.ts";
import { ScgiError } from "../errors.ts";
import { cannotListen } from "./cannot-listen.ts";
import { fileSystem } from "./file-system.ts";
import { connect } from "./node.ts";
import type { Bound } from "./socket.ts";

/** Mode of a socket where nothing is said: for its owner and its group. */
const DEFAULT_MODE = 0o660;
const ATTEMPTS = 10;
const ATTEMPT_MS = 50;
const PROBES = 3;

/**
 * Binds a Unix socket as `PATH.tmp`, gives it its mode and group, and renames it to `PATH`.
 *
 * @param bind Listens at a path.
 * @throws {ScgiError} `LISTEN_FAILED` where a living server or something else is at the path.
 */
export async function bindUnix<Socket extends Bound>(
  address: UnixAddress,
  bind: (path: string) => Promise<Socket>,
): Promise<Socket> {
  const { unix: path, mode = DEFAULT_MODE, group } = address;
  const temporary = `${path}.tmp`;
  const gid = group === undefined ? undefined : groupId(group);
  for (let attempt = 1;; attempt++) {
    await clear(path, address);
    await clearTemporary(temporary, address);
    const socket = await bind(temporary);
    const stat = fileSystem.lstat(temporary);
    try {
      // Somebody may have listened there since; whoever holds the temporary name looks last.
      await clear(path, address);
      fileSystem.setMode(temporary, mode);
      if (gid !== undefined) fileSystem.setGroup(temporary, gid);
      fileSystem.rename(temporary, path);
      return Object.assign(socket, {
        address: toListenAddress(address),
        removePath(): void {
          // It may be a successor's by then.
          if (fileSystem.lstat(path)?.ino === stat?.ino) fileSystem.remove(path);
        },
      });
    } catch (error) {
      if (fileSystem.lstat(temporary)?.ino === stat?.ino) fileSystem.remove(temporary);
      await socket.close();
      // A predecessor that stops removes the name that it was bound to, which is ours as well.
      if ((error as { code?: string }).code !== "ENOENT" || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Makes sure that a path can be taken; what is dead there is replaced by the rename. */
async function clear(path: string, address: UnixAddress): Promise<void> {
  const stat = fileSystem.lstat(path);
  if (stat === undefined) return;
  if (stat.kind !== "socket") {
    throw cannotListen(
      address,
      "there is a file that is no socket. Move it, or choose another path",
    );
  }
  if (await answers(path)) {
    throw cannotListen(address, "another server listens there. Stop it first");
  }
}

/** The temporary name may be a starting server's, so it is given a moment. */
async function clearTemporary(path: string, address: UnixAddress): Promise<void> {
  for (let attempt = 1;; attempt++) {
    const stat = fileSystem.lstat(path);
    if (stat === undefined) return;
    if (stat.kind !== "socket") {
      throw cannotListen(address, `${path} is needed, and is no socket. Move it`);
    }
    if (!await answers(path)) return fileSystem.remove(path);
    if (attempt === ATTEMPTS) throw cannotListen(address, `another server listens at ${path}`);
    await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MS));
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
    `There is no group ${JSON.stringify(group)} on this system`,
  );
}
