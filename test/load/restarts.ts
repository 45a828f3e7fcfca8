/**
 * Fifty restarts under load through nginx: over a Unix socket by `--take-over`, and over TCP by
 * `--reuse-port`, where the kernel may reset connections that wait in the backlog of the old server.
 * By hand:
 *
 *     bun test/load/restarts.ts [TIMES]
 */

import { join } from "node:path";
import process from "node:process";
import { freePort, temporaryFolder } from "../support/address.ts";
import { forNginx, restart } from "../support/restarts.ts";
import { runtimes } from "../support/server.ts";

const times = Number(process.argv[2] ?? 50);

for (const runtime of runtimes) {
  const unix = `unix:${join(temporaryFolder(), "app.sock")}`;
  const ways = [
    { way: "--take-over", listen: unix, args: ["--take-over", ...forNginx], end: undefined },
    {
      way: "--reuse-port",
      listen: `127.0.0.1:${await freePort()}`,
      args: ["--reuse-port"],
      end: (old: { stop(): Promise<void> }) => old.stop(),
    },
  ];
  for (const { way, listen, args, end } of ways) {
    try {
      const { answers, failures } = await restart(times, {
        runtime,
        listen,
        args,
        ...(end && { end }),
      });
      const lost = `${failures.length} failed`;
      console.log(`${runtime}, ${way}: ${times} restarts, ${answers} answers, ${lost}`, failures);
    } catch (error) {
      console.log(`${runtime}, ${way}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
}
process.exit(0);
