/** Programs whose standard streams lead to what a shell can name, and pipes whose reader is a test. */

import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./address.ts";
import { Child } from "./child.ts";

/** Starts a program with streams as a shell has them, such as `>/dev/full`. */
export function redirected(
  [program, args]: [program: string, args: string[]],
  redirections: string,
  cwd: string,
): Child {
  return new Child("sh", ["-c", `exec "$@" ${redirections}`, "sh", program, ...args], { cwd });
}

/** A pipe that a program can write to by its path. */
export class NamedPipe implements Disposable {
  readonly path: string;
  #fd: number;

  constructor() {
    this.path = join(temporaryFolder(), "pipe");
    const { status } = spawnSync("mkfifo", [this.path]);
    if (status !== 0) throw new Error("mkfifo failed");
    this.#fd = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  /** Leaves room for nothing, and tells how many bytes that are. */
  fill(): number {
    let count = 0;
    for (const size of [4096, 1]) {
      try {
        while (true) count += writeSync(this.#fd, " ".repeat(size));
      } catch (error) {
        if ((error as { code?: string }).code !== "EAGAIN") throw error;
      }
    }
    return count;
  }

  /** What is to be read at present. */
  read(): string {
    const bytes = new Uint8Array(65536);
    try {
      return new TextDecoder().decode(bytes.subarray(0, readSync(this.#fd, bytes)));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      return "";
    }
  }

  /** Reads no more, so that whoever writes is told. */
  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
