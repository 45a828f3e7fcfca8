/** A script that calls `serve()`, and has no handler for what nobody handles. */

import process from "node:process";
import { formatAddress, serve } from "scgi";
import app from "./app.ts";

const recordResponses = process.argv[3] !== "unrecorded";
const server = serve(app, { listen: process.argv[2]!, shutdownTimeout: 200, recordResponses });
process.on("SIGTERM", () => void server.shutdown().then(() => process.exit(0)));
await server.ready;
console.log(`Listening on ${formatAddress(server.addr!)} (SCGI)`);
