/** Places to listen at that nobody else uses. */

import { createSocket, type Socket } from "node:dgram";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { runFolder } from "./leftovers.ts";

/** From here to there, ports are given to nobody who does not ask for them. */
const [FIRST, LAST] = [10_000, 32_000];

/** A free TCP port of 127.0.0.1, which no other test file is given while this one runs. */
export async function freePort(): Promise<number> {
  while (true) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await claim(port) !== undefined && await isFree(port)) return port;
  }
}

/** Waits for a port that several test files need, and keeps it from them for some time. */
export async function reserved(port: number): Promise<Disposable> {
  const claimed = await eventually(() => claim(port), (socket) => socket !== undefined);
  return { [Symbol.dispose]: () => void claimed?.close() };
}

/**
 * Makes a port this test file's own among all that run: its UDP port is taken until the file has
 * ended. Gives nothing where another one has it.
 */
function claim(port: number): Promise<Socket | undefined> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.on("error", () => resolve(undefined));
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(socket.unref()));
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections at a port of 127.0.0.1, or at a path. */
export function answers(at: number | string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof at === "number" ? connect(at, "127.0.0.1") : connect(at);
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

/** Whether somebody listens at a path, which is there a moment before that; nothing is connected. */
export function listensAt(path: string): boolean {
  // A flag says that connections are accepted (SO_ACCEPTCON).
  return readFileSync("/proc/net/unix", "utf8").split("\n")
    .some((line) => line.includes(" 00010000 ") && line.endsWith(` ${path}`));
}
