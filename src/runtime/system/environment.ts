/**
 * Environment variables, as far as Deno's permissions allow their use.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { DenoApi } from "../types.ts";
import { permits } from "./permissions.ts";

/** On Deno not of `process`, whose first use takes 8 ms. */
const { env } = deno ?? ofProcess();

function ofProcess(): Pick<DenoApi, "env"> {
  const { env } = globalThis.process;
  return { env: { get: (name) => env[name], delete: (name) => void delete env[name] } };
}

/** Whether this process may read a variable. */
export function mayRead(variable: string): boolean {
  return permits({ name: "env", variable });
}

/** The value of a variable; undefined, too, where this process may not read it. */
export function readVariable(name: string): string | undefined {
  return mayRead(name) ? env.get(name) : undefined;
}

/** Removes variables where that is permitted, so that child processes do not inherit them. */
export function removeVariables(names: readonly string[]): void {
  for (const name of names) if (mayRead(name)) env.delete(name);
}
