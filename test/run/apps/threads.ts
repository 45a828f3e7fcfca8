/**
 * Starts threads and processes that call `Bun.serve` or `Deno.serve`, and serves what came of each as
 * JSON, once all have ended. `threads.ts child` is one of the processes.
 */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { createServer } from "node:http";
import process from "node:process";
import { Worker as NodeWorker } from "node:worker_threads";

// deno-lint-ignore no-explicit-any
const { Bun, Deno } = globalThis as any;
const self = import.meta.filename!;
const called = Bun !== undefined ? "Bun" : "Deno";

/** Tries to serve, and a server of node:http as well, which is none of the app's. */
const attempt = `
  const tell = (what) => globalThis.postMessage
    ? globalThis.postMessage(what)
    : process.getBuiltinModule("node:worker_threads").parentPort.postMessage(what);
  const { createServer } = process.getBuiltinModule("node:http");
  createServer().listen(0, "127.0.0.1", function () {
    this.close();
    try {
      const server = ${called}.serve({ port: 0, hostname: "127.0.0.1", onListen() {}, fetch() {} }, () => {});
      (server.stop ?? server.shutdown).call(server);
      tell("serves");
    } catch (error) {
      tell(error.message);
    }
  });`;

function output(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout!.on("data", (part) => text += part);
  return new Promise((resolve) => child.on("close", () => resolve(text.trim())));
}

async function told(worker: { once?: unknown; terminate(): unknown }): Promise<string> {
  // deno-lint-ignore no-explicit-any
  const both = worker as any;
  const message = await new Promise((resolve) => {
    if (worker.once !== undefined) {
      both.once("message", resolve).once("error", (error: Error) => resolve(error.message));
    } else {
      both.onmessage = ({ data }: MessageEvent) => resolve(data);
      both.onerror = (event: ErrorEvent) => resolve(event.message);
    }
  });
  await worker.terminate();
  return String(message);
}

if (process.argv[2] === "child") {
  createServer().listen(0, "127.0.0.1", function (this: { close(): void }) {
    this.close();
    try {
      Bun.serve({ port: 0, hostname: "127.0.0.1", fetch() {} }).stop(true);
      console.log("serves");
    } catch (error) {
      console.log((error as Error).message);
    }
    process.exit();
  });
} else {
  const file = URL.createObjectURL(new Blob([attempt], { type: "text/javascript" }));
  const ends: Record<string, Promise<string>> = {
    thread: told(new Worker(file, { type: "module" })),
    "thread of a class": told(new (class extends Worker {})(file, { type: "module" })),
    "thread of node:worker_threads": told(new NodeWorker(attempt, { eval: true })),
    "thread of a URL": told(
      new NodeWorker(new URL(`data:text/javascript,${encodeURIComponent(attempt)}`)),
    ),
  };
  if (Bun !== undefined) {
    const words = [self, "child"];
    const piped = { stdio: "pipe" } as const;
    const spawned = Bun.spawn([process.execPath, ...words], { stdout: "pipe" });
    Object.assign(ends, {
      forked: output(fork(self, ["child"], piped)),
      spawned: output(spawn(process.execPath, words, piped)),
      "spawned by Bun": new Response(spawned.stdout).text().then((text) => text.trim()),
      "told otherwise": output(
        spawn(process.execPath, words, { ...piped, env: { ...process.env, BUN_OPTIONS: "" } }),
      ),
    });
  }
  const entries = Object.entries(ends).map(async ([name, end]) => [name, await end]);
  const results = { ...Object.fromEntries(await Promise.all(entries)), words: process.execArgv };
  const fetch = () => Response.json(results);
  if (Bun !== undefined) {
    Bun.serve({ port: Number(process.env.PORT ?? 0), hostname: "127.0.0.1", fetch });
  } else Deno.serve({ onListen() {} }, fetch);
}
