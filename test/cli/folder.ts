/** The command, started in a folder of its own. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { root } from "../support/root.ts";
import { command, type Runtime } from "../support/server.ts";

/** A module that says hello. */
export const HELLO = "export default { fetch: () => new Response('Hello\\n') };\n";

/** A new folder with these files. In that of packages Bun looks for no others in the network. */
export function folderOf(files: Record<string, string>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** The program and the words that run the command. */
export function scgi(runtime: Runtime, ...words: string[]): [program: string, args: string[]] {
  return command(runtime, [join(root, "src/cli.ts"), ...words]);
}

/** Starts the command in a folder, and waits for nothing. */
export function runIn(cwd: string, runtime: Runtime, ...words: string[]): Child {
  return new Child(...scgi(runtime, ...words), { cwd });
}

/** Starts `scgi serve` of a module with this code, and waits until it listens. */
export async function serveCode(
  runtime: Runtime,
  code: string,
): Promise<{ child: Child; listen: string }> {
  const listen = `127.0.0.1:${await freePort()}`;
  const folder = folderOf({ "app.mjs": code });
  const child = runIn(folder, runtime, "serve", "app.mjs", "--listen", listen);
  await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
  return { child, listen };
}
