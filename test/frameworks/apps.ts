/** The apps, each in a folder of its name. */

import type { Runtime } from "../support/server.ts";

/** An app: `app.js` has it as its default export, `client.js` what is asked of it. */
export interface App {
  name: string;
  /** The runtimes on which `listen.js` starts it as its framework says; elsewhere the export is. */
  listens?: readonly Runtime[];
  /** The runtimes that it is for. All unless set. */
  on?: readonly Runtime[];
  /** The runtimes on which it asks for the runtime's own server, and so for `scgi run`. */
  unserved?: readonly Runtime[];
}

export const apps: readonly App[] = [
  { name: "hono-start" },
  { name: "hono" },
  { name: "elysia", listens: ["bun", "deno"] },
  { name: "h3", listens: ["bun", "deno", "node"] },
  { name: "yoga", listens: ["bun", "deno", "node"] },
  { name: "tus" },
  { name: "connect" },
  { name: "mcp" },
  { name: "trpc" },
  // Its adapter for Deno calls Deno.upgradeWebSocket; for Node it takes a server of node:http.
  { name: "crossws", on: ["bun", "deno"], listens: ["deno"], unserved: ["deno"] },
  // Those of Deno, of h3 and of Elysia call upon the runtime's own server as well.
  { name: "hono-sockets", on: ["bun", "deno"], listens: ["deno"], unserved: ["deno"] },
  { name: "h3-sockets", on: ["bun", "deno"], listens: ["bun", "deno"], unserved: ["bun", "deno"] },
  { name: "elysia-sockets", on: ["bun"], listens: ["bun"], unserved: ["bun"] },
  { name: "react" },
  { name: "better-auth" },
  { name: "sveltekit", listens: ["bun", "deno"] },
];
