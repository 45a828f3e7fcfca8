/**
 * A server that stops and starts again. Its replies tell which life it is in; `/again?MS` stops it, and
 * starts the next MS milliseconds later, `/slow` answers after half a second, `/force` stops without
 * waiting for that, and `/end` stops for ever.
 */

import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Bun, Deno } = globalThis as any;
const port = Number(process.env.PORT ?? 0);
const at = { port, hostname: "127.0.0.1", onListen() {} };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let life = 0;
// deno-lint-ignore no-explicit-any
let server: any;

function start(): void {
  const own = ++life;
  const fetch = async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/slow") await sleep(500);
    if (pathname === "/broken") {
      await sleep(200);
      throw new Error("in life " + own);
    }
    if (pathname === "/again") void again(Number(search.slice(1)), false);
    if (pathname === "/force") void again(100, true);
    if (pathname === "/end") void end();
    return new Response(`life ${own}`);
  };
  const onError = (error: Error) => new Response(error.message, { status: 500 });
  server = Bun !== undefined
    ? Bun.serve({ ...at, fetch, error: onError })
    : Deno.serve({ ...at, onError }, fetch);
}

function stop(force: boolean): Promise<void> {
  return Bun !== undefined ? server.stop(force) : server.shutdown();
}

async function again(ms: number, force: boolean): Promise<void> {
  // The reply leaves first.
  await sleep(20);
  const stopped = stop(force);
  if (ms >= 0) await sleep(ms);
  else await stopped;
  start();
}

async function end(): Promise<void> {
  await sleep(20);
  await stop(false);
  console.log("ended");
}

start();
