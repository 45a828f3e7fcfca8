/** Server scripts for `scgi run`; the first argument says which one it is. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";

type Handler = (request: Request) => Response | Promise<Response>;

/** The parts of both runtimes that are used; they run this file as it is. */
interface Runtimes {
  Bun?: { serve(options: { fetch: Handler }): { unref(): void } };
  Deno?: { serve(handler: Handler): { unref(): void } };
}

/** What a script knows of its process. */
export interface Seen {
  pid: number;
  /** Its arguments. */
  args: string[];
  /** Names of variables that are the command's and not its own. */
  variables: string[];
}

const { Bun, Deno } = globalThis as unknown as Runtimes;
const [what = "", ...args] = process.argv.slice(2);

function serve(fetch: Handler = handle): { unref(): void } {
  return Bun === undefined ? Deno!.serve(fetch) : Bun.serve({ fetch });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function handle(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/seen") return Response.json(seen());
  if (pathname === "/late") return stream(400);
  if (pathname === "/endless") return stream(Infinity);
  if (pathname === "/unhandled") Promise.reject(new Error("nobody handles this"));
  return new Response("Hello\n");
}

function seen(): Seen {
  const inherited = execFileSync("/usr/bin/env", { encoding: "utf8" })
    .split("\n").map((line) => line.split("=")[0]!);
  const names = new Set([...Object.keys(process.env), ...inherited]);
  const variables = [...names].filter((name) => /^(?:SCGI|LISTEN)_/.test(name));
  return { pid: process.pid, args, variables };
}

/** A text, and another one after a while. */
function stream(ms: number): Response {
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      async start(controller) {
        controller.enqueue(encoder.encode("first\n"));
        if (ms === Infinity) return;
        await pause(ms);
        controller.enqueue(encoder.encode("last\n"));
        controller.close();
      },
    }),
  );
}

function fail(): never {
  throw new Error("this script fails");
}

const scripts: Record<string, () => unknown> = {
  hello: () => serve(),
  two: () => {
    serve(() => new Response("one\n"));
    serve(() => new Response("two\n"));
  },
  nothing: () => {},
  unref: () => serve().unref(),
  /** Serves once a file is there. */
  "wait-for": async () => {
    console.log("waiting");
    while (!existsSync(args[0]!)) await pause(10);
    serve();
  },
  copy: () => {
    process.stdout.write(readFileSync(0, "utf8"));
    serve().unref();
  },

  fails: fail,
  "fails-later": () => pause(50).then(fail),
  "serves-and-fails": () => {
    serve();
    fail();
  },
  "serves-and-fails-later": () => {
    serve();
    return pause(50).then(fail);
  },

  interval: () => {
    serve();
    setInterval(() => {}, 50);
  },
  "own-signal": () => {
    serve();
    process.on("SIGTERM", async () => {
      console.log("the script ends");
      // Longer than what a script without a handler of its own is given.
      await pause(1500);
      console.log("the script has ended");
      process.exit(7);
    });
  },
};

await scripts[what]!();
