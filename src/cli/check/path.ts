/**
 * Whether a user can reach a Unix socket: that it is there, and the permissions on the way.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Finding, no, note, ok } from "./finding.ts";
import { shellWord, startLine } from "./shell.ts";
import { tryAs } from "./trial.ts";
import { type Bit, classOf, formatOwned, modeAllows, ofWebServer, type User } from "./user.ts";
import { type Place, walk, type Way } from "./walk.ts";

/** Folders of people, which stay closed to others. */
const HOME = /^\/(?:root|home\/[^/]+)$/;
/** Folders of which systemd's PrivateTmp gives a service its own. */
const TEMPORARY = /^\/(?:var\/)?tmp\//;

/** The findings about a path. */
export interface PathFindings {
  readonly findings: Finding[];
  /** Whether a socket is there. */
  readonly isSocket: boolean;
}

/**
 * Checks an absolute path.
 *
 * @param self The user of this process.
 */
export function checkPath(path: string, user: User, self: User): PathFindings {
  const way = walk(path);
  const { end } = way;
  const findings: Finding[] = [];
  const lost = end === undefined ? lostWay(path, way, user) : undefined;
  if (end?.stats.isSocket()) {
    findings.push(ok(`${path} is a socket: ${formatOwned(end.stats)}`));
  } else if (end !== undefined) {
    findings.push(end.stats.isDirectory() ? folder(path, user) : file(path));
  }
  findings.push(...permissions(way, user, self));
  if (lost !== undefined) findings.push(lost);
  if (TEMPORARY.test(path)) {
    findings.push(
      note(
        `A service with PrivateTmp=yes has its own ${dirname(path)}, without this socket. ` +
          "A folder in /run is the same for all",
      ),
    );
  }
  return { findings, isSocket: end?.stats.isSocket() === true };
}

function file(path: string): Finding {
  const word = shellWord(path);
  return no(
    `${path} is no socket, and a server does not replace it`,
    `sudo mv ${word} ${word}.old`,
  );
}

function folder(path: string, user: User): Finding {
  const sockets = socketsIn(path);
  const lines = sockets.map((socket) => `scgi check ${shellWord(`unix:${socket}`)}`);
  if (lines.length === 0) lines.push(startLine(`unix:${join(path, "app.sock")}`, user));
  return no(`${path} is a folder. Give the path of a socket in it`, ...lines);
}

/** The reason why a path leads nowhere. */
function lostWay(path: string, way: Way, user: User): Finding {
  const { missing, notFolder, closed } = way;
  if (notFolder !== undefined) {
    return no(`${notFolder} is no folder, so ${path} cannot exist. Correct the address`);
  }
  if (closed !== undefined) {
    return no(
      `The files in ${closed} cannot be seen by this process. Run the check as root`,
      "sudo scgi check …",
    );
  }
  const start = startLine(`unix:${path}`, user);
  if (missing !== path && way.folders.every(({ path: folder }) => folder !== dirname(path))) {
    const group = user.uid === 0 ? ofWebServer() ?? "GROUP" : user.group;
    return no(
      `The folder ${missing} does not exist`,
      `sudo install -d -o "$USER" -g ${group} -m 2750 ${shellWord(dirname(path))}`,
      start,
    );
  }
  const others = socketsIn(dirname(path)).map((name) => `unix:${name}`);
  const hint = others.length === 0 ? "" : `. Its folder has ${others.slice(0, 3).join(", ")}`;
  return no(`${path} does not exist: no server has made it${hint}`, start);
}

function permissions({ folders, end }: Way, user: User, self: User): Finding[] {
  const asked: [bit: Bit, place: Place][] = folders.map((place) => ["x", place]);
  if (end?.stats.isSocket()) asked.push(["w", end]);
  const tried = tryAs(user, self, asked.map(([bit, { path }]) => [bit, path]));
  const findings: Finding[] = [];
  const entered: string[] = [];
  for (const [at, [bit, place]] of asked.entries()) {
    const byMode = modeAllows(user, place.stats, bit);
    const allowed = tried?.[at] ?? byMode;
    const other = allowed === byMode
      ? ""
      : ", whatever its mode says: it has an ACL, or a rule of " +
        "a security module";
    const verb = bit === "x" ? "enter" : "connect to";
    const owned = formatOwned(place.stats);
    if (!allowed) {
      const text = `${user.name} may not ${verb} ${place.path} (${owned})${other}`;
      const last = place.path === folders.at(-1)?.path;
      findings.push(no(text, ...mend(user, place, bit, last, byMode)));
    } else if (bit === "w") {
      findings.push(ok(`${user.name} may connect to ${place.path}${other}`));
    } else {
      entered.push(place.path);
    }
    // The kernel tries no folder in one that it may not enter.
    if (!allowed && bit === "x") break;
  }
  return [...enteredBy(user, entered), ...findings];
}

function enteredBy(user: User, folders: string[]): Finding[] {
  return folders.length === 0 ? [] : [ok(`${user.name} may enter ${folders.join(", ")}`)];
}

/** The lines that let a user through. */
function mend(user: User, place: Place, bit: Bit, isLast: boolean, byMode: boolean): string[] {
  const path = shellWord(place.path);
  if (byMode) return [`getfacl ${path}`];
  const kind = classOf(user, place.stats);
  if (kind === "owner") return [`sudo chmod u+${bit} ${path}`];
  if (kind === "group") return [`sudo chmod g+${bit} ${path}`];
  const group = shellWord(user.group);
  const isHome = HOME.test(place.path);
  if (bit === "w" || isLast && !isHome) {
    const lasting = `# for good, at the start of the server: --group ${group} --mode 660`;
    const line = `sudo chgrp ${group} ${path} && sudo chmod g+${bit} ${path}`;
    return bit === "w" ? [line, lasting] : [line];
  }
  const better = isHome ? ["# better: a socket in a folder of its own in /run"] : [];
  return [`sudo chmod o+x ${path}`, ...better];
}

function socketsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isSocket()).map(({ name }) => join(folder, name)).sort();
  } catch {
    return [];
  }
}
