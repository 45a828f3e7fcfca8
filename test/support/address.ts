/** Places to listen at that nobody else uses. */

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { runFolder } from "./leftovers.ts";

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Whether something accepts connections at a port of 127.0.0.1. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

/** A new empty folder that other users may enter, as a web server's workers must. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(runFolder(), "folder-"));
  chmodSync(folder, 0o755);
  return folder;
}

/** Removes such a folder; the end of the test run does it otherwise. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
