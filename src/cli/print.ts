/**
 * Writes the output of a command, such as a configuration or a body.
 *
 * @module
 */

import { utf8Bytes } from "../scgi/latin1.ts";
import { isStalled, standardStream } from "../runtime/system/standard-streams.ts";
import { CommandError } from "./error.ts";
import { pause } from "../runtime/system/timers.ts";

/** The delay before a write to a full pipe is repeated, in milliseconds. */
const AGAIN_MS = 10;

const write = standardStream(1);

/**
 * Writes text or bytes to standard output. Resolves when all of it is written.
 *
 * @throws {CommandError} where standard output cannot be written.
 */
export async function print(output: string | Uint8Array): Promise<void> {
  const bytes = typeof output === "string" ? utf8Bytes(output) : output;
  for (let at = 0; at < bytes.length;) {
    try {
      at += await write(bytes.subarray(at));
    } catch (error) {
      if (!isStalled(error)) {
        const { message } = error as Error;
        throw new CommandError(`Standard output cannot be written: ${message}`, 1);
      }
      await pause(AGAIN_MS);
    }
  }
}
