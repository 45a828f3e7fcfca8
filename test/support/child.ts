/** Child processes that end with the test run, whatever becomes of it. */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { forget, remember } from "./leftovers.ts";

/** A program under test: its output so far, and its end. */
export class Child {
  /** Everything that it wrote to stdout. */
  stdout = "";
  /** Everything that it wrote to stderr. */
  stderr = "";
  /** Its exit status when it ends, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  readonly #child: ChildProcess;

  constructor(
    command: string,
    args: string[],
    /**
     * `fd` is a file descriptor that the program inherits as its number 3, `descriptors` the soft
     * limit of its descriptors.
     */
    { cwd, env, fd, descriptors }: {
      cwd: string;
      env?: Record<string, string>;
      fd?: number;
      descriptors?: number;
    },
  ) {
    const line = descriptors === undefined
      ? [command, ...args]
      : ["sh", "-c", `ulimit -Sn ${descriptors} && exec "$0" "$@"`, command, ...args];
    const child = spawn(line[0]!, line.slice(1), {
      cwd,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe", ...(fd === undefined ? [] : [fd])],
    });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#child = child;
    if (child.pid !== undefined) remember(child.pid);
    this.exited = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
    });
    this.exited.then(() => forget(this.pid), () => {});
  }

  /** The process id. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("The program was not started.");
    return this.#child.pid;
  }

  /** Waits until `ready` says so; throws, with all output, if the program ends or takes too long. */
  async until(ready: () => boolean | Promise<boolean>, what: string): Promise<void> {
    let ended: number | string | undefined;
    this.exited.then((status) => (ended = status), (error) => (ended = String(error)));
    const deadline = Date.now() + 20_000;
    while (!(await ready())) {
      if (ended !== undefined) throw this.#failure(`ended (${ended}) before ${what}`);
      if (Date.now() > deadline) {
        this.kill("SIGKILL");
        throw this.#failure(`took over 20 s: ${what}`);
      }
      await sleep(10);
    }
  }

  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it with SIGTERM, after ten seconds with SIGKILL, and returns how it ended. */
  async stop(): Promise<number | string> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), 10_000);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(what: string): Error {
    return new Error(`${this.#child.spawnargs.join(" ")}: ${what}\n${this.stdout}${this.stderr}`);
  }
}
