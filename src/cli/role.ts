/**
 * Whether this process is a worker, as the command that started it says in a variable.
 *
 * @module
 */

import { readVariable, removeVariables } from "../runtime/system/environment.ts";

/** The role of a worker. */
export interface Role {
  /** Marks the messages of the worker: its app can send messages to the command as well. */
  readonly token: string;
  /** The process group that the worker asks for time once the command has gone; 0 is none. */
  readonly guard: number;
  /** The file descriptors of the listening sockets. */
  readonly fds: readonly number[];
}

const VARIABLE = "SCGI_WORKER";

/** The variable that gives a process a role. */
export function roleVariable({ token, guard, fds }: Role): Record<string, string> {
  return { [VARIABLE]: `${token} ${guard} ${fds.join(",")}` };
}

/** The role of this process, where it is a worker; the app cannot read the variable afterwards. */
export function takeRole(): Role | undefined {
  const text = readVariable(VARIABLE);
  if (text === undefined) return undefined;
  removeVariables([VARIABLE]);
  const [token = "", guard, fds = ""] = text.split(" ");
  return { token, guard: Number(guard), fds: fds.split(",").map(Number) };
}
