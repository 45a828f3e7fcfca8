/** The same app for a mount that it knows itself. */

import { Hono } from "hono";
import { routed } from "./mounted.ts";

export default routed(
  new Hono<{ Bindings: Record<string, string | undefined> }>().basePath("/app"),
);
