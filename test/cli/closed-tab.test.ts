/** Apps that let promises float which reject when the client leaves. */

import { expect, test } from "bun:test";
import { ask, head, Peer } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { type Runtime, runtimes, servingRuntimes } from "../support/server.ts";
import { folderOf, runIn } from "./folder.ts";

const HANDLER = `
const chunk = new TextEncoder().encode("chunk");
let ended = 0;

/** Calls back until the request is over, and twice after that. */
function ticking(signal, tick) {
  let last = Infinity;
  signal.addEventListener("abort", () => last = 2);
  const timer = setInterval(() => {
    tick();
    if (--last > 0) return;
    clearInterval(timer);
    ended++;
  }, 10);
}

const routes = {
  "/write"({ signal }) {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    ticking(signal, () => { writer.write(chunk); });
    return readable;
  },
  "/pipe"({ signal }) {
    const { readable, writable } = new TransformStream();
    const source = new ReadableStream({
      start: (controller) => ticking(signal, () => {
        try { controller.enqueue(chunk); } catch {}
      }),
    });
    source.pipeTo(writable);
    return readable;
  },
  "/signal"({ signal }) {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    ticking(signal, () => { writer.write(chunk).catch(() => {}); });
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return readable;
  },
};

function handler(request) {
  const { pathname } = new URL(request.url);
  if (pathname === "/ended") return new Response(String(ended));
  if (pathname !== "/mistake") return new Response(routes[pathname](request));
  Promise.reject(new Error("a mistake"));
  Promise.reject(AbortSignal.abort().reason);
  return new Response("mistaken");
}
`;

const SERVE = `export default { fetch: (request) => handler(request) };`;
const RUN: Partial<Record<Runtime, string>> = {
  bun: "Bun.serve({ fetch: (request) => handler(request) });",
  deno: "Deno.serve((request) => handler(request));",
};

test.each([
  ...runtimes.map((runtime) => ["serve", runtime, SERVE] as const),
  ...servingRuntimes.map((runtime) => ["run", runtime, RUN[runtime]!] as const),
])("scgi %s (%s) reports no rejection of a tab that was closed", async (command, runtime, code) => {
  const listen = `127.0.0.1:${await freePort()}`;
  const folder = folderOf({ "app.mjs": HANDLER + code });
  const child = runIn(folder, runtime, command, "--listen", listen, "app.mjs");
  const output = () => child.stdout + child.stderr;
  await child.until(() => output().startsWith("Listening on "), "it listened");
  for (const [index, path] of ["/write", "/pipe", "/signal"].entries()) {
    const peer = await Peer.open(listen);
    await peer.send(head(path));
    await peer.until("chunk");
    peer.reset();
    const ended = async () => Number((await ask(listen, "/ended")).text);
    await eventually(ended, (count) => count === index + 1);
  }
  await ask(listen, "/mistake");
  const reports = () => child.stderr.split("\n").filter((line) => line.startsWith("scgi: "));
  await child.until(() => reports().length >= 2, "it reported what is no closed tab");
  expect(child.stderr).toMatch(/a mistake[^]*abort/i);
  expect(reports()).toHaveLength(2);
  expect(await child.stop()).toBe(0);
}, 30_000);
