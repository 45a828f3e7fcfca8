/**
 * The sockets that listen at an address, and the processes that hold them, as Linux tells it in /proc.
 *
 * @module
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { endianness } from "node:os";

export interface ListeningSocket {
  /** The address, or the path, that it was bound to. */
  readonly at: string;
  /** User ID of its owner; undefined for a Unix socket. */
  readonly uid: number | undefined;
  /** The processes that hold it, as far as this process may see them. */
  readonly holders: readonly Holder[];
}

/** A process. */
export interface Holder {
  readonly pid: number;
  /** Name of its program. */
  readonly program: string;
}

/** `TCP_LISTEN`, as /proc/net/tcp writes it. */
const LISTENS = "0A";
/** `SO_ACCEPTCON`, as /proc/net/unix writes it. */
const ACCEPTS = "00010000";

/** The sockets that listen at a TCP port; none where /proc cannot be read. */
export function tcpListeners(port: number): ListeningSocket[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const found = ["tcp", "tcp6"].flatMap((file) => lines(`/proc/net/${file}`))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENS && local?.endsWith(`:${hex}`))
    .map(([, local, , , , , , uid, , inode]) => ({
      at: hostOf(local!.split(":")[0]!),
      uid: Number(uid),
      inode: inode!,
    }));
  return withHolders(found);
}

/**
 * The sockets that listen and were bound to a path. A path has one of them: the others belong to
 * servers whose file was removed or replaced.
 */
export function unixListeners(path: string): ListeningSocket[] {
  const found = lines("/proc/net/unix").flatMap((line) => {
    const [, flags, inode, at] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.+)$/.exec(line.trimEnd()) ??
      [];
    // A server of this package binds PATH.tmp and renames it.
    if (flags !== ACCEPTS || at !== path && at !== `${path}.tmp`) return [];
    return [{ at, uid: undefined, inode: inode! }];
  });
  return withHolders(found);
}

/** The addresses that accept connections to a host, as {@linkcode ListeningSocket} has them. */
export function covers(at: string, host: string): boolean {
  if (at === host || at === `::ffff:${host}`) return true;
  return at === "::" || at === "0.0.0.0" && !host.includes(":");
}

/** An address as the kernel writes it: words of four bytes, in the order of this machine's memory. */
function hostOf(hex: string): string {
  const words = hex.match(/.{8}/g)!.map((word) => word.match(/../g)!);
  if (endianness() === "LE") { for (const word of words) word.reverse(); }
  const bytes = words.flat().map((byte) => parseInt(byte, 16));
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255) {
    return `::ffff:${bytes.slice(12).join(".")}`;
  }
  const groups = Array.from(
    { length: 8 },
    (_, at) => (bytes[2 * at]! * 256 + bytes[2 * at + 1]!).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function withHolders(
  sockets: (Omit<ListeningSocket, "holders"> & { inode: string })[],
): ListeningSocket[] {
  const holders = new Map(sockets.map(({ inode }) => [`socket:[${inode}]`, [] as Holder[]]));
  const pids = sockets.length === 0 ? [] : names("/proc").filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const held = names(`/proc/${pid}/fd`).map((fd) => link(`/proc/${pid}/fd/${fd}`));
    for (const target of new Set(held)) {
      const program = () => lines(`/proc/${pid}/comm`)[0] || "?";
      holders.get(target ?? "")?.push({ pid: Number(pid), program: program() });
    }
  }
  return sockets.map(({ inode, ...rest }) => ({
    ...rest,
    holders: holders.get(`socket:[${inode}]`)!,
  }));
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A process that has ended, or one of another user.
    return [];
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
