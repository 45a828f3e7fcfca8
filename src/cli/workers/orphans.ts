/**
 * Ends the processes that the command has started when it was killed itself, also those whose app
 * loops for ever: a shell waits for the end of the command, and kills what is left then.
 *
 * @module
 */

import { spawn } from "node:child_process";
import type { Writable } from "node:stream";

/**
 * Reads lines of process ids, of which the last counts, until the parent is gone. The background
 * makes this no child of the parent, and the sockets that Deno passes on are closed. A process that
 * has ended is forgotten within a second, lest another program be given its number.
 */
const SCRIPT = `{
trap "" HUP INT QUIT TERM
exec 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
while read -r line <&3; do pids=$line; done
exec 3<&-
seconds=$1
while
  left=
  for pid in $pids; do kill -0 $pid && left="$left $pid"; done
  pids=$left
  [ "$pids" ]
do
  if [ $seconds -le 0 ]; then kill -9 $pids; exit; fi
  seconds=$((seconds - 1))
  sleep 1
done
} 2>/dev/null &`;

/** Guards the processes that this one starts. */
export class OrphanGuard {
  readonly #pipe: Writable | undefined;

  /**
   * Starts the shell. Sockets that are open already it may inherit.
   *
   * @param grace How long the processes may go on once this one has gone, in milliseconds.
   */
  constructor(grace: number) {
    const words = ["-c", SCRIPT, "scgi", String(Math.ceil(grace / 1000))];
    const shell = spawn("/bin/sh", words, {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      // The shell outlives what a terminal sends to all of its processes.
      detached: true,
      cwd: "/",
    });
    // A container without a shell ends its processes itself.
    shell.on("error", () => {});
    this.#pipe = shell.stdio[3] as Writable | undefined;
    this.#pipe?.on("error", () => {});
  }

  /** Names the processes, in place of those of before; a negative number is that of a group. */
  watch(pids: readonly number[]): void {
    this.#pipe?.write(`${pids.join(" ")}\n`);
  }
}
