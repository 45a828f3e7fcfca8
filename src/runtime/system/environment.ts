/**
 * The environment, where this process may read it.
 *
 * @module
 */

import { permits } from "./permissions.ts";

/** The part of Deno that is used; this package needs no runtime's types. */
interface Native {
  env: { get(name: string): string | undefined; delete(name: string): void };
}

/** Deno loads `process` when it is looked at, which takes 8 ms. */
const { env } = (globalThis as { Deno?: Native }).Deno ?? ofProcess();

function ofProcess(): Native {
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
