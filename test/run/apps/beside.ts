/**
 * An app beside a server of `node:http`, or with a certificate and its key of `node:https`:
 * `beside.ts first|last [CERTIFICATE KEY]` starts that server before or after the app. `/port` of the
 * app is its port.
 */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import process from "node:process";

// deno-lint-ignore no-explicit-any
const { Bun, Deno } = globalThis as any;
const [order, certificate, key] = process.argv.slice(2);
const beside = Promise.withResolvers<Server>();

async function startBeside(): Promise<void> {
  const answer = (_: unknown, outgoing: { end(text: string): void }) => outgoing.end("beside");
  const server = certificate === undefined ? createServer(answer) : createSecureServer(
    { cert: readFileSync(certificate), key: readFileSync(key!) },
    answer,
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  // The app alone holds the process.
  beside.resolve(server.unref());
}

function startApp(): void {
  const fetch = async (request: Request) => {
    if (!request.url.endsWith("/port")) return new Response("the app");
    return new Response(String(((await beside.promise).address() as AddressInfo).port));
  };
  if (Bun !== undefined) Bun.serve({ fetch });
  else Deno.serve(fetch);
}

if (order === "first") await startBeside();
startApp();
if (order === "last") await startBeside();
