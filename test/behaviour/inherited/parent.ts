/** Programs under a real parent process, which opens their sockets and keeps them. */

import { join } from "node:path";
import process from "node:process";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { command as commandOf, type Runtime } from "../../support/server.ts";

const root = join(import.meta.dirname, "../../..");

/** The command of a script of the project. */
export function command(runtime: Runtime, script: string[], permissions?: string[]): string[] {
  return commandOf(runtime, script, permissions).flat();
}

/** The words of `scgi serve` with the app of these tests. */
export function serving(...listen: string[]): string[] {
  const words = listen.flatMap((address) => ["--listen", address]);
  return ["src/cli.ts", "serve", "test/behaviour/inherited/app.ts", ...words];
}

/** A parent process. */
export class Parent implements AsyncDisposable {
  readonly #child: Child;

  /** Starts a program that inherits sockets; see parent.pl. */
  constructor(sockets: string[], program: string[], env: Record<string, string> = {}) {
    const words = [join(import.meta.dirname, "parent.pl"), sockets.join(","), ...program];
    this.#child = new Child("perl", words, { cwd: root, env });
  }

  /** What the program wrote to stdout, and the parent about its ends. */
  get stdout(): string {
    return this.#child.stdout;
  }

  /** What the program wrote to stderr. */
  get stderr(): string {
    return this.#child.stderr;
  }

  /** Waits until the program has said that it listens, for the nth time. */
  listens(times = 1): Promise<void> {
    return this.#count(/^Listening on /gm, times, "it listened");
  }

  /** Waits until the program has ended, and gives its status. */
  async ended(times = 1): Promise<number> {
    await this.#count(/^Ended with /gm, times, "it ended");
    return Number(
      /^Ended with (\d+)\n$/m.exec(this.stdout.slice(this.stdout.lastIndexOf("Ended")))?.[1],
    );
  }

  /** Ends the program, and keeps its sockets. */
  endProgram(): void {
    this.#child.kill("SIGHUP");
  }

  /** Starts the program again. */
  startProgram(): void {
    this.#child.kill("SIGUSR1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stop();
  }

  #count(what: RegExp, times: number, says: string): Promise<void> {
    return this.#child.until(() => (this.stdout.match(what) ?? []).length >= times, says);
  }
}

/** A TCP address and a Unix socket's, as `--listen` and Perl's parent name them. */
export interface Places extends Disposable {
  tcp: { address: string; socket: string };
  unix: { address: string; socket: string; path: string };
}

export async function places(): Promise<Places> {
  const folder = temporaryFolder();
  const port = await freePort();
  const path = join(folder, "app.sock");
  return {
    tcp: { address: `127.0.0.1:${port}`, socket: `tcp:${port}` },
    unix: { address: `unix:${path}`, socket: `unix:${path}`, path },
    [Symbol.dispose]: () => removeFolder(folder),
  };
}

/** Whether tests of a program are skipped: where they must run, they fail without it. */
export function lacks(program: string): boolean {
  return process.env.REQUIRE_WEB_SERVERS !== "1" && !has(program);
}

/** Whether a program is on this machine. */
function has(program: string): boolean {
  const { Bun } = globalThis as unknown as { Bun: { which(name: string): string | null } };
  return process.platform === "linux" && Bun.which(program) !== null;
}
