/** Calls `serve()` with the options that are its argument, and says what came of it. */

import process from "node:process";
import { formatAddress, ScgiError, serve } from "scgi";
import app from "./app.ts";

const server = serve(app, JSON.parse(process.argv[2]!));
server.ready.then(
  () => console.log(`Listening on ${server.addrs!.map(formatAddress).join(" and ")}`),
  (error) => {
    console.error(error instanceof ScgiError ? `${error.code}: ${error.message}` : error);
    console.error(server.addrs === null ? "nothing listens" : "half of it listens");
    process.exit(1);
  },
);
process.on("SIGTERM", () => server.shutdown().then(() => process.exit(0)));
