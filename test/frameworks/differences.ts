/** Where an app does something else over SCGI than over HTTP, and is meant to. */

import type { Runtime } from "../support/server.ts";

/** A difference, with its reason. */
export interface Difference {
  app: string;
  on: Runtime;
  /** Matches the sentences that it concerns. */
  tests: RegExp;
  why: string;
}

/** The differences that are meant. */
export const MEANT: readonly Difference[] = [
  {
    app: "elysia",
    on: "deno",
    tests: /^a generator's /,
    why: "Elysia's streams give strings, at which Deno.serve breaks off the reply",
  },
  {
    app: "elysia",
    on: "deno",
    tests: /static reply/,
    why: "A clone of a Response that Deno made of a text and its type has no type",
  },
  {
    app: "elysia",
    on: "node",
    tests: /^a Blob is sent$/,
    why: "@hono/node-server forgets the type of a Blob",
  },
  {
    app: "hono-sockets",
    on: "deno",
    tests: /^an app knows the subprotocol$/,
    why: "A server's WebSocket of Deno has an empty `protocol`, whatever was chosen",
  },
];
