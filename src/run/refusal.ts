/**
 * Worker threads and child processes of a script have a `Bun.serve` or `Deno.serve` of their own, which
 * `scgi run` has no address for: it refuses.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { ScgiError } from "../errors.ts";
import { bun, deno } from "../runtime/detect.ts";
import type { BunServe } from "../runtime/types.ts";

/** The property of a refusing `Bun.serve` that has the runtime's own. */
const NATIVE: unique symbol = Symbol.for("scgi.native") as never;

type Refusing = BunServe & { [NATIVE]?: BunServe };

/** Bun's own words before the name of the program, in the environment of child processes. */
const OPTIONS = "BUN_OPTIONS";

/**
 * Refuses servers in this thread, and in those that it starts.
 *
 * @param program The path of a module that calls this function.
 */
export function refuseServe(program: string): void {
  if (bun !== undefined) {
    const native = bunServeOf(bun.serve);
    const where = bun.isMainThread ? "child process" : "worker thread";
    const refusing: Refusing = (options) => {
      // The runtime asks for a server of `node:http` by the same function.
      if (isForNodeHttp(options)) return native(options);
      throw refusal("Bun.serve", where);
    };
    refusing[NATIVE] = native;
    bun.serve = refusing;
    guardThreads(program);
  } else if (deno !== undefined) {
    deno.serve = () => {
      throw refusal("Deno.serve", "worker thread");
    };
    guardThreads(program);
  }
}

/**
 * Lets the threads that this one starts refuse servers.
 *
 * @param program The path of a module that refuses.
 */
export function guardThreads(program: string): void {
  const node = globalThis.process.getBuiltinModule("node:worker_threads");
  for (const owner of [globalThis, node] as unknown as Threads[]) {
    owner.Worker = new Proxy(owner.Worker, {
      construct: (native, [main, options, ...rest], target) =>
        Reflect.construct(
          native,
          bun === undefined
            ? [behindRefusal(main, options, program), options, ...rest]
            : [main, withPreload(options, program), ...rest],
          target,
        ),
    });
  }
}

/** The constructors of threads; only their call matters here. */
type Threads = Record<"Worker", new (...args: unknown[]) => object>;

/**
 * The variables by which a script's child processes on Bun refuse servers. The script has them from its
 * start: Bun.spawn passes none on that were set later.
 *
 * @param program The path of a module that refuses.
 */
export function guardingVariables(program: string): Record<string, string> {
  if (bun === undefined) return {};
  const { [OPTIONS]: others = "" } = globalThis.process.env;
  const own = preloadWord(program);
  // The quotes are for spaces in the path.
  return others.includes(own) ? {} : { [OPTIONS]: `${others} "${own}"`.trim() };
}

/** Bun's argument that loads a module first. */
export function preloadWord(program: string): string {
  return `--preload=${program}`;
}

/** The runtime's own `Bun.serve`. */
export function bunServeOf(serve: BunServe): BunServe {
  return (serve as Refusing)[NATIVE] ?? serve;
}

/** Whether `Bun.serve` is called by the runtime, for a server of `node:http`. */
export function isForNodeHttp(options: unknown): boolean {
  const { onNodeHTTPRequest } = (options ?? {}) as { onNodeHTTPRequest?: unknown };
  return typeof onNodeHTTPRequest === "function";
}

function refusal(call: string, where: string): ScgiError {
  const otherwise = where === "child process"
    ? `, or the process without ${OPTIONS} in its environment if it is to serve plain HTTP`
    : "";
  return new ScgiError(
    "LISTEN_FAILED",
    `${call} was called in a ${where}, which scgi run has no address for. ` +
      `Start the server in the script itself${otherwise}`,
  );
}

/** The options of a thread of Bun, with one for the module that is loaded first. */
function withPreload(options: unknown, program: string): object {
  const { preload = [] } = (options ?? {}) as { preload?: string | string[] };
  return { ...options as object, preload: [program, ...[preload].flat()] };
}

/** The main module of a thread of Deno, with the program, or for code the refusal itself, before it. */
function behindRefusal(main: unknown, options: unknown, program: string): unknown {
  if ((options as { eval?: unknown } | undefined)?.eval) return REFUSING_CODE + String(main);
  if (!URL.canParse(String(main))) return main;
  const imports = [pathToFileURL(program).href, String(main)]
    .map((url) => `import ${JSON.stringify(url)};`);
  const source = `data:text/javascript,${encodeURIComponent(imports.join(""))}`;
  return main instanceof URL ? new URL(source) : source;
}

/** Stands on the first line of the code, so that errors of the code name the right lines. */
const REFUSING_CODE = "Deno.serve = () => { throw new Error(" +
  JSON.stringify(refusal("Deno.serve", "worker thread").message) + ") }; ";
