/** The apps, each in a folder of its name. */

import type { Runtime } from "../support/server.ts";

/** An app: `app.js` has it as its default export, `client.js` what is asked of it. */
export interface App {
  name: string;
  /** The runtimes on which `listen.js` starts it as its framework says; elsewhere the export is. */
  listens?: readonly Runtime[];
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
  { name: "react" },
  { name: "better-auth" },
  { name: "sveltekit", listens: ["bun", "deno"] },
];
