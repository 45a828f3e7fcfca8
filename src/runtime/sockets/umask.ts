/**
 * Binds a Unix socket with its mode, so that its path never shows another mode. A chmod(2) of the
 * path would be unsafe: write access to the folder suffices to put a link there.
 *
 * @module
 */

import type { ParsedAddress } from "../../address.ts";
import { deno } from "../detect.ts";
import { permits } from "../system/permissions.ts";

/** The default mode: the owner and the group can connect. */
export const DEFAULT_MODE = 0o660;

/**
 * Binds a socket. A Unix socket gets the mode of its address where this process may set its umask: a
 * worker thread may not, nor may Deno without permission. All threads share the umask, so it is set
 * for that call only.
 */
export function bindWithMode<Made>(address: ParsedAddress, bind: () => Made): Made {
  if (!("unix" in address)) return bind();
  const before = setUmask(0o777 & ~(address.mode ?? DEFAULT_MODE));
  try {
    return bind();
  } finally {
    if (before !== undefined) setUmask(before);
  }
}

/** Sets the umask. Returns the previous umask, or undefined where the umask may not be set. */
function setUmask(mask: number): number | undefined {
  if (deno !== undefined) return permits({ name: "sys" }) ? deno.umask(mask) : undefined;
  try {
    return globalThis.process.umask(mask);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_WORKER_UNSUPPORTED_OPERATION") return undefined;
    throw error;
  }
}
