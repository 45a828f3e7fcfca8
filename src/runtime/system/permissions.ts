/**
 * The permissions of this process. They are queried first, because an attempt without a permission
 * makes Deno prompt at a terminal.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { DenoPermission } from "../types.ts";

/** Whether Deno has granted a permission; true on other runtimes. */
export function permits(permission: DenoPermission): boolean {
  return deno === undefined || deno.permissions.querySync(permission).state === "granted";
}

/** Requests a permission: Deno may prompt at a terminal. Returns whether it was granted. */
export function requestPermission(permission: DenoPermission): boolean {
  return deno === undefined || deno.permissions.requestSync(permission).state === "granted";
}
