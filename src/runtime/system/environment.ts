/**
 * The environment, where this process may read it.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { DenoApi } from "../types.ts";
import { permits } from "./permissions.ts";

/** Deno loads `process` when it is looked at, which takes 8 ms. */
const { env } = deno ?? ofProcess();

function ofProcess(): Pick<DenoApi, "env"> {
  const { env } = globalThis.process;
  return { env: { get: (name) => env[name], delete: (name) => void delete env[name] } };
}

/** Whether a variable may be read. */
export function mayRead(variable: string): boolean {
  return permits({ name: "env", variable });
}

/** The value of a variable; undefined as well where it may not be read. */
export function readVariable(name: string): string | undefined {
  return mayRead(name) ? env.get(name) : undefined;
}

/** Removes variables, where that is permitted, so that child processes are not given them. */
export function removeVariables(names: readonly string[]): void {
  for (const name of names) if (mayRead(name)) env.delete(name);
}
