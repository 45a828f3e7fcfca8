/**
 * Any request reaches a server as it was sent, and any reply its client, through the client and
 * through the gateway. `ROUND_TRIP_RUNS` says how many of each there are; Deno runs this as well.
 */

import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import process from "node:process";
import fc from "fast-check";
import { REASONS } from "../../src/cgi/reasons.ts";
import { fetch } from "../../src/client.ts";
import { gateway } from "../../src/gateway.ts";
import { REPLY_PATH, type Seen, type SeenReply, type SeenRequest } from "./round-trip/app.ts";
import { anyReply, anyRequest } from "./round-trip/arbitrary.ts";
import { freePort, temporaryFolder } from "../support/address.ts";
import { here } from "../support/runtime.ts";
import { type Runtime, runtimes, startServer } from "../support/server.ts";

const numRuns = Number(process.env.ROUND_TRIP_RUNS ?? 40);

type Send = (request: Request) => Promise<Response>;

/** Each way to an SCGI server. */
const ways: Record<string, (to: string) => Send> = {
  client: (to) => (request) => fetch(request, { to }),
  gateway: (to) => {
    const forward = gateway({ to });
    return (request) => forward(request, { REMOTE_ADDR: "192.0.2.7" });
  },
};

/** Starts the app; each pair of runtimes has another kind of socket than its neighbour. */
async function started(runtime: Runtime) {
  const own = runtime === here;
  const listen = own ? `127.0.0.1:${await freePort()}` : `unix:${temporaryFolder()}/app.sock`;
  const server = await startServer({ runtime, module: "test/behaviour/round-trip/app.ts", listen });
  return {
    listen,
    // Not stop(): on Deno `node:child_process` tells of the signal alone, and not of the status.
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await server.exited;
    },
  };
}

for (const runtime of runtimes) {
  test(`any request reaches a server on ${runtime}, and any reply its client, unchanged`, async () => {
    await using server = await started(runtime);
    for (const way of Object.values(ways)) {
      const send = way(server.listen);
      await fc.assert(fc.asyncProperty(anyRequest, (sent) => arrives(send, sent)), { numRuns });
      await fc.assert(fc.asyncProperty(anyReply, (sent) => returns(send, sent, runtime)), {
        numRuns,
      });
    }
  });
}

async function arrives(send: Send, sent: SeenRequest): Promise<void> {
  const { method, url, headers, body } = sent;
  const bytes = Buffer.from(body, "base64");
  const init = method === "GET" ? { method, headers } : { method, headers, body: bytes };
  const request = new Request(url, init);
  // What the runtime made of it, of its URL for one.
  const expected = { method: request.method, url: request.url, ...fields(request), body };
  const response = await send(request);
  expect(response.status).toBe(200);
  const seen = await response.json() as SeenRequest;
  expect({ ...seen, ...fields(seen) }).toEqual(expected);
}

async function returns(send: Send, sent: SeenReply, runtime: Runtime): Promise<void> {
  const bodyless = sent.body === "" || [204, 205, 304].includes(sent.status);
  const typed = sent.headers.some(([name]) => name.toLowerCase() === "content-type");
  // As Bun.serve has it.
  const implied: [string, string][] = runtime === "bun" && !bodyless && !typed
    ? [["content-type", "application/octet-stream"]]
    : [];
  const response = await send(
    new Request(`http://example.com${REPLY_PATH}`, { method: "POST", body: JSON.stringify(sent) }),
  );
  const { status, statusText } = response;
  const body = Buffer.from(await response.arrayBuffer()).toString("base64");
  expect({ status, statusText, ...fields(response), body }).toEqual({
    status: sent.status,
    statusText: sent.statusText.trim() || REASONS[sent.status] || "Unknown",
    ...fields({ headers: [...sent.headers, ...implied] }),
    body: bodyless ? "" : sent.body,
  });
}

/**
 * The headers in a comparable order, without those that say what the URL and the body do. The stream of
 * an empty Blob ends late on Node since 24, and then is sent as a stream.
 */
function fields({ headers }: Pick<Seen, "headers"> | { headers: Headers }) {
  const implied = ["content-length", "host", "x-accel-buffering"];
  const others = [...headers].filter(([name]) => !implied.includes(name));
  return { headers: others.sort() };
}
