/**
 * 1,000 idle WebSockets through nginx, and 10,000 messages a second beside them, to a server on each
 * runtime: is a message lost, or a socket? By hand, as a busy machine has another rate:
 *
 *     bun test/load/websockets.ts [SECONDS] [MESSAGES A SECOND] [IDLE SOCKETS] [bun|deno|node]
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../support/address.ts";
import { openMany } from "../support/echo-client.ts";
import { median, processorSeconds, residentMebibytes } from "../support/process.ts";
import { type Runtime, runtimes, startServer } from "../support/server.ts";
import { startWebServer } from "../support/web-server.ts";

const [seconds = 10, rate = 10_000, idle = 1000] = process.argv.slice(2, 5).map(Number);
const only = process.argv[5];
/** Sockets over which the messages go. */
const SPEAKERS = 100;
const TICK_MS = 5;
/** How long the last messages may take. */
const LATEST_MS = 10_000;

/** One run; returns whether all came. */
async function run(runtime: Runtime): Promise<boolean> {
  const listen = `127.0.0.1:${await freePort()}`;
  const module = "test/behaviour/websocket-app.ts";
  await using server = await startServer({ runtime, module, listen });
  await using web = await startWebServer("nginx", { listen, connections: idle + 2 * SPEAKERS });
  using clients = new DisposableStack();
  const before = residentMebibytes(server.pid);
  const silent = await openMany(web.port, idle, (index) => `/echo?id=silent${index}`);
  const mebibytes = residentMebibytes(server.pid) - before;
  const speakers = await openMany(web.port, SPEAKERS, (index) => `/echo?id=speaker${index}`);
  let lost = 0;
  for (const client of [...silent, ...speakers]) {
    clients.use(client);
    void client.closed.then(() => lost++);
  }

  let sent = 0, came = 0, disordered = 0;
  const delays: number[] = [];
  for (const client of speakers) {
    let last = -1;
    client.onText = (text) => {
      const [number, time] = text.split(" ").map(Number);
      if (number! <= last) disordered++;
      last = number!;
      came++;
      delays.push(performance.now() - time!);
    };
  }
  const used = processorSeconds(server.pid);
  const began = performance.now();
  for (let now = began; now - began < seconds * 1000; now = performance.now()) {
    for (const due = Math.floor((now - began) * rate / 1000); sent < due; sent++) {
      speakers[sent % SPEAKERS]!.send(`${sent} ${performance.now()}`.padEnd(32));
    }
    await sleep(TICK_MS);
  }
  const took = (performance.now() - began) / 1000;
  for (const end = performance.now() + LATEST_MS; came < sent && performance.now() < end;) {
    await sleep(TICK_MS);
  }
  const cpu = 1e6 * (processorSeconds(server.pid) - used) / sent;

  const texts = silent.map((_, index) => `still here ${index}`);
  const echoes = await Promise.race([
    Promise.all(silent.map((client, index) => client.echo(texts[index]!))),
    sleep(LATEST_MS).then(() => []),
  ]);
  const echoing = echoes.filter((text, index) => text === texts[index]).length;
  const slow = delays.toSorted((a, b) => a - b)[Math.floor(delays.length * 0.99)] ?? NaN;
  console.log(
    `${runtime}: ${sent} messages in ${took.toFixed(1)} s, ${(sent / took).toFixed(0)} a second; ` +
      `${came} came back, ${disordered} out of order; ${
        median(delays).toFixed(1)
      } ms in the middle, ` +
      `${slow.toFixed(1)} ms at the 99th percentile; server ${
        cpu.toFixed(1)
      } µs of CPU a message\n` +
      `  ${idle} idle sockets: ${mebibytes.toFixed(1)} MiB; ${echoing} echo afterwards; ` +
      `${lost} were closed; nginx says: ${web.errors().slice(0, 3).join("; ") || "nothing"}`,
  );
  return came === sent && disordered === 0 && echoing === idle && lost === 0;
}

let well = true;
for (const runtime of runtimes.filter((name) => name === (only ?? name))) {
  well = await run(runtime) && well;
}
process.exitCode = well ? 0 : 1;
