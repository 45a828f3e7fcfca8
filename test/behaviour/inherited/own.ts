/** Tries to listen on each file descriptor of its own, and does its work nevertheless. */

import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { ScgiError, serve } from "scgi";

for (const name of readdirSync("/proc/self/fd")) {
  const server = serve(() => new Response(), { fd: Number(name) });
  await server.ready.then(
    () => console.error(`${name} listens`),
    (error) => {
      if (!(error instanceof ScgiError)) console.error(error);
    },
  );
}
await new Promise((resolve) => setTimeout(resolve, 10));
console.log(execFileSync("echo", ["Hello"], { encoding: "utf8" }).trimEnd());
