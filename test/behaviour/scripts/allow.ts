/** Serves with the options that are its argument, and tells at its end what came of it. */

import process from "node:process";
import { formatAddress, serve } from "scgi";

let handled = 0;
const server = serve(() => {
  handled++;
  return new Response("Hello\n");
}, JSON.parse(process.argv[2]!));
await server.ready;
console.log(`Listening on ${server.addrs!.map(formatAddress).join(" and ")}`);
process.on("SIGTERM", async () => {
  await server.shutdown();
  console.log(JSON.stringify({ handled, ...server.stats() }));
  process.exit(0);
});
