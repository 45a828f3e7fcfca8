/**
 * The mode of a Unix socket from its first moment. Its path is not touched for that: other users
 * may write to its folder, and put a link there.
 *
 * @module
 */

import type { ParsedAddress } from "../../address.ts";
import { deno } from "../detect.ts";
import { permits } from "../system/permissions.ts";

/** Mode of a socket unless another is given: for its owner and its group. */
export const DEFAULT_MODE = 0o660;

/**
 * Binds, and lets a Unix socket have the mode of its address where this process may set its umask:
 * a worker thread may not, nor may Deno without permission. All threads have one umask, so it is
 * set for that call alone.
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

/** Sets the umask, and gives what it was; undefined where it may not be set. */
function setUmask(mask: number): number | undefined {
  if (deno !== undefined) return permits({ name: "sys" }) ? deno.umask(mask) : undefined;
  try {
    return globalThis.process.umask(mask);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_WORKER_UNSUPPORTED_OPERATION") return undefined;
    throw error;
  }
}
