import process from "node:process";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const server = new Server({
  path: "/files",
  datastore: new FileStore({ directory: process.env.DATA }),
  namingFunction: (_, metadata) => metadata?.filename ?? "unnamed",
});

export default { fetch: (request) => server.handleWeb(request) };
