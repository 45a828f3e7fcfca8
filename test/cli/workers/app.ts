/** An app that tells which worker answers, and goes on when there is a file, so that tests say when. */

import { createHash } from "node:crypto";
import { existsSync, openSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { upgradeWebSocket } from "../../../src/websocket.ts";
import type { FetchHandler, HandlerContext } from "../../../src/server/handler.ts";

/** Who answered. */
export interface Answer {
  pid: number;
  version: string;
}

type Query = Partial<Record<string, string>>;
type Route = (query: Query, ctx: HandlerContext) => Response | Promise<Response>;

/** Makes the app of one version of a module. */
export function appOf(version: string): { fetch: FetchHandler } {
  const answer: Answer = { pid: process.pid, version };
  const routes: Record<string, Route> = {
    /** After hard work, where that is asked for. */
    "/who": ({ rounds = "0" }) => {
      work(Number(rounds));
      return Response.json(answer);
    },
    /** What it was asked, and who it is. */
    "/echo": ({ text = "" }) => new Response(`${text} ${JSON.stringify(answer)}`),
    /** Who it is, and the rest once there is a file, for all or for this process alone. */
    "/gate": ({ file = "" }) => new Response(gate(JSON.stringify(answer), file)),
    /** Never, and the file tells that it has begun. */
    "/stuck": ({ file = "" }) => {
      writeFileSync(file, "");
      return new Promise(() => {});
    },
    /** The same, and nothing else can happen in this process; for a time, lest it be left alone. */
    "/spin": ({ file = "" }) => {
      writeFileSync(file, "");
      hold(8000);
      return Response.json(answer);
    },
    /** The same, for longer than a test lasts; the file tells who does so. */
    "/loop": ({ file = "" }) => {
      writeFileSync(file, String(answer.pid));
      hold(20_000);
      return Response.json(answer);
    },
    /** More than a peer that does not read can be sent. */
    "/big": () => new Response(new Uint8Array(1 << 26)),
    /** Once it holds so many MiB for good. */
    "/hoard": ({ mebibytes = "0" }) => {
      hoard.push(new Uint8Array(Number(mebibytes) << 20).fill(1));
      return Response.json(answer);
    },
    /** After all file descriptors of the process are open. */
    "/fill": () => {
      try {
        while (true) openSync("/dev/null", "r");
      } catch {
        return Response.json(answer);
      }
    },
    /** At once; it works on until there is a file, and then makes another one. */
    "/after": ({ file = "", done = "" }, ctx) => {
      ctx.waitUntil(exists(file).then(() => writeFileSync(done, "")));
      return Response.json(answer);
    },
    /** Variables that a program which is started here would take for its own. */
    "/variables": () =>
      Response.json(Object.keys(process.env).filter((name) => /^(LISTEN|SCGI)_/.test(name))),
  };
  return {
    fetch(request, _env, ctx) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/socket") return socketOf(request, version);
      const route = routes[pathname];
      return route === undefined
        ? new Response(null, { status: 404 })
        : route(Object.fromEntries(searchParams), ctx);
    },
  };
}

/** A WebSocket that answers with the version of the module. */
function socketOf(request: Request, version: string): Response {
  const { socket, response } = upgradeWebSocket(request);
  socket.addEventListener("message", ({ data }) => socket.send(`${data} ${version}`));
  return response;
}

/** Holds the event loop as an endless loop does, and leaves the processor to other tests. */
function hold(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Takes CPU time; a round is some microseconds. */
function work(rounds: number): void {
  for (let round = 0; round < rounds; round++) createHash("sha256").update(block).digest();
}

const hoard: Uint8Array[] = [];
const block = new Uint8Array(4096);

function gate(first: string, file: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(`${first}\n`)),
    async pull(controller) {
      await exists(file, `${file}.${process.pid}`);
      controller.enqueue(encoder.encode("whole\n"));
      controller.close();
    },
  });
}

async function exists(...files: string[]): Promise<void> {
  while (!files.some((file) => existsSync(file))) await sleep(5);
}
