/**
 * What this process is permitted to do. Trying it makes Deno ask the user at a terminal.
 *
 * @module
 */

/** What Deno's permissions are asked. */
export type Permission =
  | { name: "env"; variable: string }
  | { name: "read" | "write"; path: string }
  | { name: "net"; host: string }
  | { name: "ffi" | "sys" };

/** The part of Deno that is used; this package needs no runtime's types. */
interface Native {
  permissions: Record<
    "querySync" | "requestSync",
    (permission: Permission) => { readonly state: string }
  >;
}

/** Whether something is permitted; everything is where the runtime has no permissions. */
export function permits(permission: Permission): boolean {
  const { Deno } = globalThis as { Deno?: Native };
  return Deno === undefined || Deno.permissions.querySync(permission).state === "granted";
}

/** The same, after Deno has asked the user at a terminal where it would. */
export function permitsAsked(permission: Permission): boolean {
  const { Deno } = globalThis as { Deno?: Native };
  return Deno === undefined || Deno.permissions.requestSync(permission).state === "granted";
}
