/**
 * What this process is permitted to do. Trying it makes Deno ask the user at a terminal.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { DenoPermission } from "../types.ts";

/** Whether something is permitted; everything is where the runtime has no permissions. */
export function permits(permission: DenoPermission): boolean {
  return deno === undefined || deno.permissions.querySync(permission).state === "granted";
}

/** The same, after Deno has asked the user at a terminal where it would. */
export function permitsAsked(permission: DenoPermission): boolean {
  return deno === undefined || deno.permissions.requestSync(permission).state === "granted";
}
