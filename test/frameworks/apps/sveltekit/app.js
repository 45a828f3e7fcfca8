import process from "node:process";
import { Server } from "./demo/.deno-deploy/server/index.js";
import { manifest } from "./demo/.deno-deploy/server/manifest.js";

const server = new Server(manifest);
await server.init({ env: process.env });

export default {
  fetch: (request) => server.respond(request, { getClientAddress: () => "127.0.0.1" }),
};
