/**
 * The users of this system, and what a mode lets them do.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { quoted } from "../../scgi/printable.ts";
import { CommandError } from "../error.ts";

/** A user with its groups. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Name of the user's own group. */
  readonly group: string;
  /** Group IDs, that of the own group among them. */
  readonly groups: ReadonlySet<number>;
}

/** The identity that a mode depends on. */
export interface Owned {
  /** The permissions, as `stat` has them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The class of a mode's bits that counts for a user; root needs none. */
export type Class = "root" | "owner" | "group" | "other";

/** The bit of a mode: the search of a folder, the write to a socket that `connect` needs. */
export type Bit = "x" | "w";

const SHIFTS = { owner: 6, group: 3, other: 0 } as const;
const BITS: Readonly<Record<Bit, number>> = { x: 1, w: 2 };

/** The users that Debian, Fedora, Arch, Alpine and macOS have for web servers. */
const OF_WEB_SERVERS = ["www-data", "nginx", "lighttpd", "apache", "http", "_www"];

/**
 * A user, or the one of this process. `id` knows also the users that no file has.
 *
 * @throws {CommandError} where the system has no such user.
 */
export function findUser(name?: string): User {
  const { status, stdout } = spawnSync("id", name === undefined ? [] : ["--", name], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  const user = status === 0 ? parseId(stdout) : undefined;
  if (user !== undefined) return user;
  if (name === undefined) throw new CommandError("`id` did not name the user of this process", 1);
  const known = ofWebServer();
  throw new CommandError(
    `--as must be a user of this system, not ${quoted(name)}. Give the web server's` +
      (known === undefined ? "" : `, such as ${known}`),
  );
}

/** Reads what `id` prints; undefined for other text. */
export function parseId(text: string): User | undefined {
  const [, uid, name = uid, gid, group = gid, rest] =
    /^uid=(\d+)(?:\((.*?)\))? gid=(\d+)(?:\((.*?)\))?(?: groups=(.*))?/m.exec(
      text.replace(/ (?:euid|egid)=\d+(?:\(.*?\))?/g, ""),
    ) ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  const others = [...(rest ?? "").matchAll(/(\d+)(?:\([^)]*\))?/g)].map(([, id]) => Number(id));
  return {
    name: name!,
    uid: Number(uid),
    gid: Number(gid),
    group: group!,
    groups: new Set([Number(gid), ...others]),
  };
}

/** The class of a file's bits that counts for a user. */
export function classOf({ uid, groups }: User, file: Owned): Class {
  if (uid === 0) return "root";
  if (uid === file.uid) return "owner";
  return groups.has(file.gid) ? "group" : "other";
}

/** Whether the mode of a file lets a user do something; an ACL is not in the mode. */
export function modeAllows(user: User, file: Owned, bit: Bit): boolean {
  const kind = classOf(user, file);
  return kind === "root" || (file.mode >> SHIFTS[kind] & BITS[bit]) !== 0;
}

/** The name of a user that a web server of this system may have. */
export function ofWebServer(): string | undefined {
  const known = namesIn("/etc/passwd");
  return OF_WEB_SERVERS.find((name) => [...known.values()].includes(name));
}

/** The mode and the owners of a file, as `ls` shows them. */
export function formatOwned({ mode, uid, gid }: Owned): string {
  const bits = [...(mode & 0o777).toString(2).padStart(9, "0")]
    .map((bit, at) => bit === "1" ? "rwx"[at % 3] : "-").join("");
  const user = namesIn("/etc/passwd").get(uid) ?? uid;
  return `${bits} ${user}:${groupName(gid)}`;
}

/** The name of a group, or its ID. */
export function groupName(gid: number): string {
  return namesIn("/etc/group").get(gid) ?? String(gid);
}

/** The name of a user, or its ID. */
export function userName(uid: number): string {
  return namesIn("/etc/passwd").get(uid) ?? String(uid);
}

function namesIn(file: string): Map<number, string> {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Numbers are shown instead.
  }
  const names = text.split("\n").map((line) => line.split(":"));
  // The first name of an ID counts.
  return new Map(names.reverse().map(([name = "", , id]) => [Number(id), name]));
}
