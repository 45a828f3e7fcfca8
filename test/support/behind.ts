/** An app with a web server in front of it, for all tests of a `describe`. */

import { afterAll, beforeAll } from "bun:test";
import { freePort, removeFolder, temporaryFolder } from "./address.ts";
import { type Front, type FrontName, startFront } from "./front.ts";
import { type ServeOptions, type ServerProcess, startServer } from "./server.ts";

/** What to start. */
export interface Plan {
  app: ServeOptions;
  web: FrontName;
  /** The web server's lines of configuration. */
  lines: string;
}

/** Both, once they run. */
export interface Running {
  server: ServerProcess;
  front: Front;
}

/**
 * Starts both before the tests that are being declared, and ends them afterwards.
 *
 * @param plan Says what to start; it is given an address that is free and a folder of its own.
 * @returns what gives the two, once they run.
 */
export function serveBehind(plan: (listen: string, folder: string) => Plan): () => Running {
  const folder = temporaryFolder();
  const started = new AsyncDisposableStack();
  let running: Running;
  beforeAll(async () => {
    const { app, web, lines } = plan(`127.0.0.1:${await freePort()}`, folder);
    const server = started.use(await startServer(app));
    running = { server, front: started.use(await startFront(web, lines)) };
  }, 30_000);
  afterAll(async () => {
    await started.disposeAsync();
    removeFolder(folder);
  }, 30_000);
  return () => running;
}
