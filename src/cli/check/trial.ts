/**
 * Asks the kernel what a user may do, which knows ACLs and security modules, too.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import type { Bit, User } from "./user.ts";

/** Prints a letter for each pair of a bit and a path. */
const SCRIPT = 'while [ $# -gt 1 ]; do test "-$1" "$2" && echo y || echo n; shift 2; done';

/**
 * Tries, as the user, whether each file may be entered or written to. Undefined where this process
 * can run nothing as that user.
 *
 * @param self The user of this process.
 */
export function tryAs(
  user: User,
  self: User,
  files: readonly (readonly [bit: Bit, path: string])[],
): boolean[] | undefined {
  const prefix = prefixFor(user, self);
  if (prefix === undefined) return undefined;
  const [program, ...args] = [...prefix, "/bin/sh", "-c", SCRIPT, "sh", ...files.flat()];
  const { stdout } = spawnSync(program!, args, { cwd: "/", encoding: "utf8" });
  const answers = stdout?.match(/[yn]/g) ?? [];
  return answers.length === files.length ? answers.map((answer) => answer === "y") : undefined;
}

/** The command that runs a program as the user. */
function prefixFor(user: User, self: User): string[] | undefined {
  if (user.uid === self.uid) return [];
  if (self.uid !== 0) return undefined;
  const groups = [...user.groups].join(",");
  return ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, `--groups=${groups}`];
}
