/** The servers that are compared, and how each is started. */

import { join } from "node:path";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { forNode } from "../support/node.ts";
import { command } from "../support/server.ts";
import type { Bare, Place } from "./bare-shape.ts";
import { processTree } from "./cpu.ts";
import { nodeProgram } from "./node-program.ts";
import { Opener } from "./opener.ts";
import { HTTP_SERVERS, STRAIGHT, UNLOGGED } from "./results.ts";
import { type Scenario, shapeOf } from "./scenarios.ts";
import type { Ours } from "./scgi.ts";
import type { BenchRuntime } from "./settings.ts";

const root = join(import.meta.dirname, "../..");

export type Runtime = BenchRuntime | "other";
export type Transport = "unix" | "tcp";

/** One of them. */
export interface Variant {
  readonly runtime: Runtime;
  readonly name: string;
  /** What it speaks. */
  readonly protocol: "scgi" | "http" | "http with keep-alive" | "websocket";
  command(scenario: Scenario, place: Place): string[];
}

/** The command that runs a script. */
export function runs(runtime: BenchRuntime, ...script: string[]): string[] {
  if (runtime === "node") return [nodeProgram(), ...script.map(forNode)];
  return command(runtime, script).flat();
}

/** What all the others are measured against. */
export function bare(runtime: BenchRuntime): Variant {
  const file = { bun: "bare-bun.ts", deno: "bare-deno.ts", node: "bare-node.mjs" }[runtime];
  return {
    runtime,
    name: "bare",
    protocol: "scgi",
    command(scenario, place) {
      const told: Bare = { ...shapeOf(scenario), place };
      return [...runs(runtime, `test/bench/${file}`), JSON.stringify(told)];
    },
  };
}

/** The least that calls the function of each scenario. */
export function straight(runtime: BenchRuntime): Variant {
  return {
    runtime,
    name: STRAIGHT,
    protocol: "scgi",
    command({ name }, place) {
      return [...runs(runtime, `test/bench/straight-${runtime}.ts`), pathOf(place), name];
    },
  };
}

/** Our server. */
export function ours(
  runtime: BenchRuntime,
  app: Ours["app"],
  options: NonNullable<Ours["options"]> = {},
): Variant {
  return {
    runtime,
    name: options.recordResponses === false ? `${app}, recordResponses: false` : app,
    protocol: "scgi",
    command(scenario, place) {
      const told: Ours = { place, scenario: scenario.name, app, options };
      return [...runs(runtime, "test/bench/scgi.ts"), JSON.stringify(told)];
    },
  };
}

/** A script that calls `serve()` of the built package. */
export function packaged(runtime: BenchRuntime): Variant {
  return {
    runtime,
    name: "serve(), function",
    protocol: "scgi",
    command: (_, place) => runs(runtime, "test/bench/served-package.mjs", pathOf(place)),
  };
}

/** Where that script is as bytecode of Bun. */
export const BYTECODE: string = join(root, "node_modules/.scgi-bytecode");

/** The same script, bundled with the package as bytecode of Bun. */
export const bytecode: Variant = {
  runtime: "bun",
  name: "serve(), bytecode",
  protocol: "scgi",
  command: (_, place) => runs("bun", join(BYTECODE, "served-package.js"), pathOf(place)),
};

/** Our server as the command of the built package runs it. */
export function served(runtime: BenchRuntime, app: Ours["app"]): Variant {
  return {
    runtime,
    name: `scgi serve, ${app}`,
    protocol: "scgi",
    command(_, place) {
      const words = ["dist/cli.js", "serve", `test/bench/hello-${app}.ts`];
      return runs(runtime, ...words, "--listen", `unix:${pathOf(place)}`);
    },
  };
}

/** The runtime's own HTTP server, with the function of each scenario. */
export function own(runtime: BenchRuntime): Variant {
  return {
    runtime,
    name: HTTP_SERVERS[runtime],
    protocol: "http",
    command({ name }, place) {
      return [...runs(runtime, `test/bench/http-${runtime}.ts`), pathOf(place), name];
    },
  };
}

/** A script for Bun, served by `Bun.serve` and by `scgi run`. */
export function scripts(): Variant[] {
  const script = "test/bench/run-script.ts";
  const run = (place: Place) => ["src/cli.ts", "run", "--listen", `unix:${pathOf(place)}`, script];
  const commands: [name: string, Variant["protocol"], (place: Place) => string[]][] = [
    ["scgi run", "scgi", run],
    [HTTP_SERVERS.bun, "http", () => [script]],
  ];
  return commands.map(([name, protocol, words]) => ({
    runtime: "bun",
    name,
    protocol,
    command: (_, place) => runs("bun", ...words(place), pathOf(place)),
  }));
}

/** The command with the function for hello, without a log and with one. */
export function logging(runtime: BenchRuntime): Variant[] {
  const words = ["src/cli.ts", "serve", "test/bench/hello-function.ts", "--listen"];
  return [UNLOGGED, "--log"].map((name) => ({
    runtime,
    name,
    protocol: "scgi",
    command(_, place) {
      const log = name === UNLOGGED ? [] : [`--log=${pathOf(place)}.log`];
      return runs(runtime, ...words, `unix:${pathOf(place)}`, ...log);
    },
  }));
}

/** The runtime's own HTTP server, with the Hono app. */
export function http(runtime: BenchRuntime, keepAlive: boolean): Variant {
  return {
    runtime,
    name: `${HTTP_SERVERS[runtime]}${keepAlive ? ", keep-alive" : ""}`,
    protocol: keepAlive ? "http with keep-alive" : "http",
    command: (_, place) => [...runs(runtime, `test/bench/http-${runtime}.ts`), pathOf(place)],
  };
}

/** uWSGI, a server in C, with hello in Python. */
export const uwsgi: Variant = {
  runtime: "other",
  name: "uWSGI, Python",
  protocol: "scgi",
  command: (_, place) => [
    ...["uwsgi", "--plugin", "python3", "--scgi-socket", pathOf(place), "--need-app"],
    ...["--wsgi-file", join(root, "test/bench/wsgi.py"), "--disable-logging", "--die-on-term"],
  ],
};

/** Perl's module SCGI. */
export const perl: Variant = {
  runtime: "other",
  name: "Perl, SCGI.pm",
  protocol: "scgi",
  command: (_, place) => ["perl", join(root, "test/bench/scgi.pl"), pathOf(place)],
};

/** The path of a Unix socket. */
export function pathOf(place: Place): string {
  if ("unix" in place) return place.unix;
  throw new Error("It listens on Unix sockets alone");
}

/** A server that runs. */
export interface Running {
  readonly variant: Variant;
  readonly place: Place;
  /** Its process, and those that it has started. */
  readonly pids: readonly number[];
}

/** Servers, started and stopped together. */
export class Servers implements AsyncDisposable {
  readonly running: Running[] = [];
  readonly #children: Child[] = [];
  readonly #folder = temporaryFolder();

  /** Starts them, and waits until each listens. */
  static async start(
    variants: readonly Variant[],
    scenario: Scenario,
    transport: Transport,
  ): Promise<Servers> {
    const servers = new Servers();
    try {
      for (const variant of variants) await servers.#start(variant, scenario, transport);
    } catch (error) {
      await servers[Symbol.asyncDispose]();
      throw error;
    }
    return servers;
  }

  async #start(variant: Variant, scenario: Scenario, transport: Transport): Promise<void> {
    const place = transport === "tcp"
      ? { port: await freePort() }
      : { unix: join(this.#folder, `${this.#children.length}.sock`) };
    const [program, ...args] = variant.command(scenario, place);
    const child = new Child(program!, args, { cwd: root });
    this.#children.push(child);
    const opener = new Opener(place);
    await child.until(() => opener.answers(), "it listened");
    this.running.push({ variant, place, pids: processTree(child.pid) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop()));
    removeFolder(this.#folder);
  }
}
