/**
 * Tells a process that it is a worker, through an environment variable.
 *
 * @module
 */

import { readVariable, removeVariables } from "../runtime/system/environment.ts";

/** The role of a worker. */
export interface Role {
  /** Marks the messages of the worker: the app can send messages on the same channel. */
  readonly token: string;
  /** The process group of the orphan guard, which the worker asks for time; 0 where none runs. */
  readonly guard: number;
  /** The file descriptors of the listening sockets. */
  readonly fds: readonly number[];
}

const VARIABLE = "SCGI_WORKER";

/** The environment variable that gives a process a role. */
export function roleVariable({ token, guard, fds }: Role): Record<string, string> {
  return { [VARIABLE]: `${token} ${guard} ${fds.join(",")}` };
}

/** The role of this process if it is a worker. Removes the variable, to keep the token secret. */
export function takeRole(): Role | undefined {
  const text = readVariable(VARIABLE);
  if (text === undefined) return undefined;
  removeVariables([VARIABLE]);
  const [token = "", guard, fds = ""] = text.split(" ");
  return { token, guard: Number(guard), fds: fds.split(",").map(Number) };
}
