/**
 * The environment, where this process may read it.
 *
 * @module
 */

import process from "node:process";
import { permits } from "./permissions.ts";

/** Whether a variable may be read. */
export function mayRead(variable: string): boolean {
  return permits({ name: "env", variable });
}

/** The value of a variable; undefined as well where it may not be read. */
export function readVariable(name: string): string | undefined {
  return mayRead(name) ? process.env[name] : undefined;
}

/** Removes variables, where that is permitted, so that child processes are not given them. */
export function removeVariables(names: readonly string[]): void {
  for (const name of names) if (mayRead(name)) delete process.env[name];
}
