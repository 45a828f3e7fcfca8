/**
 * What a test run leaves behind when it ends early: programs that still run, temporary folders.
 * `bun test` has no "exit" event, so a shell outside of it cleans up when the run is gone.
 */

import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Waits for the end of its input, which comes with the end of the run, then ends what runs. Among
 * parallel files, `bun test` sends SIGTERM to what a file has left: it would end this too early.
 */
const CLEAN_UP =
  `trap "" TERM; cat; cd "$0" && for pid in pids/*; do kill "\${pid#pids/}"; done; rm -rf "$0"`;

/** The folder of this run; it holds all others, and a file for each program that runs. */
let run: string | undefined;

/** The folder of this run, which is removed when the run ends, however that happens. */
export function runFolder(): string {
  if (run !== undefined) return run;
  run = mkdtempSync(join(tmpdir(), "scgi-test-"));
  chmodSync(run, 0o755);
  mkdirSync(join(run, "pids"));
  const shell = spawn("/bin/sh", ["-c", CLEAN_UP, run], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.unref();
  (shell.stdin as typeof shell.stdin & { unref?(): void }).unref?.();
  return run;
}

/** Has a program ended with the run, until it is {@linkcode forget}ed. */
export function remember(pid: number): void {
  writeFileSync(join(runFolder(), "pids", String(pid)), "");
}

/** For a program that has ended by itself. */
export function forget(pid: number): void {
  rmSync(join(runFolder(), "pids", String(pid)), { force: true });
}
