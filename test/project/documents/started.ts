/** Command lines of the documents, run as they are but for the places that they name. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseAddress } from "../../../src/address.ts";
import { serve } from "../../../src/mod.ts";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { type Runtime, spawnScript, startScript } from "../../support/server.ts";
import { CLI, type Ours, ours } from "./commands.ts";
import type { Command } from "./shell.ts";

/** Files that the documents name and that are the reader's, with one that stands for them. */
const STAND_INS: Record<string, (runtime: Runtime) => string> = {
  "app.ts": () => "examples/worker/worker.ts",
  "app.mjs": () => "examples/worker/worker.ts",
  "/srv/app/app.ts": () => "examples/worker/worker.ts",
  "server.ts": (runtime) => `examples/unchanged/${runtime}.ts`,
  "/srv/app/server.ts": (runtime) => `examples/unchanged/${runtime}.ts`,
};

/** What is run of a command line; nothing where it is not ours to run. */
export function runnable(command: Command): Ours | undefined {
  const mine = ours(command) ?? preloaded(command);
  return mine !== undefined && ["serve", "run", "gateway", "fetch", ""].includes(mine.name)
    ? mine
    : undefined;
}

/** `deno run --preload src/cli/preload.ts server.ts`: all of it is the runtime's own. */
function preloaded({ words }: Command): Ours | undefined {
  const at = words.indexOf("--preload");
  if (words[0] !== "deno" || at < 0) return undefined;
  return {
    runtime: "deno",
    permissions: words.slice(2, at + 2),
    name: "",
    args: words.slice(at + 2),
  };
}

/** Runs a command: a server until it listens, and its HTTP front answers; `scgi fetch` to its end. */
export async function start(mine: Ours, env: Record<string, string>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const place = stack.adopt(await Place.make(), (place) => removeFolder(place.folder));
  const runtime = mine.runtime ?? "bun";
  const here = (words: string[]) => words.map((word) => place.put(word, runtime));
  // The port that is not named may be another test's.
  const listens = ["serve", "run"].includes(mine.name) && !mine.args.includes("--listen");
  const given = listens ? ["--listen", "127.0.0.1:4000", ...mine.args] : mine.args;
  const args = here(mayGive(given));
  const options = {
    permissions: here(mine.permissions),
    env: Object.fromEntries(Object.entries(env).map(([name, text]) => [name, place.put(text)])),
  };
  const script = mine.name === "" ? args : [CLI, mine.name, ...args];
  if (mine.name === "fetch") {
    if (!/\.[jt]s$/.test(args[0]!)) {
      const server = stack.use(serve(() => new Response("Hello"), { listen: args[0]! }));
      await server.ready;
    }
    const child = spawnScript(runtime, script, options);
    if (await child.exited !== 0) throw new Error(child.stderr);
    return;
  }
  const server = stack.use(await startScript(runtime, script, options));
  const status = args.indexOf("--status");
  if (status >= 0) {
    const { port } = parseAddress(args[status + 1]!) as { port: number };
    const { ok } = await fetch(`http://127.0.0.1:${port}/healthz`);
    if (!ok) throw new Error("Its status does not say that it serves");
  }
  const http = args.indexOf("--http");
  // Behind a gateway there is nothing here.
  if (http < 0 || mine.name === "gateway") return;
  const { port } = parseAddress(args[http + 1]!) as { port: number };
  const reply = await fetch(`http://127.0.0.1:${port}/`);
  await reply.body?.cancel();
  if (reply.status >= 500) throw new Error(`It answered with ${reply.status}: ${server.stderr()}`);
}

/** Only root can give a socket to another group. */
function mayGive(args: string[]): string[] {
  const at = args.indexOf("--group");
  return at < 0 || process.getuid?.() === 0 ? args : args.toSpliced(at, 2);
}

/** Places of this machine for those that the documents name. */
class Place {
  readonly folder: string = temporaryFolder();
  readonly #ports = new Map<string, number>();

  static async make(): Promise<Place> {
    const place = new Place();
    mkdirSync(join(place.folder, "app"));
    writeFileSync(join(place.folder, "big.iso"), new Uint8Array(100_000));
    for (const port of ["4000", "8080", "9100"]) place.#ports.set(port, await freePort());
    return place;
  }

  put(word: string, runtime: Runtime = "bun"): string {
    const standIn = STAND_INS[word];
    if (standIn !== undefined) return standIn(runtime);
    return word
      .replace(/^big\.iso$/, join(this.folder, "big.iso"))
      .replaceAll("/run/", `${this.folder}/`)
      .replace(/unix:\.\//g, `unix:${this.folder}/`)
      .replace(/\b10\.0\.0\.(?=\d)/g, "127.0.0.")
      .replace(/\b(?:4000|8080|9100)\b/g, (port) => String(this.#ports.get(port)));
  }
}
