/**
 * Whether this process is a worker, as the command that started it says in a variable.
 *
 * @module
 */

import { readVariable, removeVariables } from "../sockets/environment.ts";

/** The role of a worker. */
export interface Role {
  /** Marks the messages of the worker: its app can send messages to the command as well. */
  readonly token: string;
  /** The file descriptors of the listening sockets. */
  readonly fds: readonly number[];
}

const VARIABLE = "SCGI_WORKER";

/** The variable that gives a process a role. */
export function roleVariable({ token, fds }: Role): Record<string, string> {
  return { [VARIABLE]: `${token} ${fds.join(",")}` };
}

/** The role of this process, where it is a worker; the app cannot read the variable afterwards. */
export function takeRole(): Role | undefined {
  const text = readVariable(VARIABLE);
  if (text === undefined) return undefined;
  removeVariables([VARIABLE]);
  const [token = "", fds = ""] = text.split(" ");
  return { token, fds: fds.split(",").map(Number) };
}
