/** Serves one handler at the address that is its argument, for a group if one follows. */

import process from "node:process";
import { formatAddress, serve } from "scgi";

const [address = "", group] = process.argv.slice(2);
const server = serve(() => new Response("Hello\n"), {
  listen: address,
  ...(group === undefined ? {} : { group }),
});
process.on("SIGTERM", () => server.shutdown().then(() => process.exit(0)));
server.ready.then(
  () => console.log(`Listening on ${formatAddress(server.addr!)}`),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
