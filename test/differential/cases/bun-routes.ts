/** Routes of `Bun.serve`, which its own server matches. */

import { join } from "node:path";
import type { Table } from "../case.ts";

const files = join(import.meta.dirname, "../../run/apps/files");

type Route = unknown;

/** The routes; made when the server starts, as they hold Responses. */
export function bunRoutes(): Record<string, Route> {
  return {
    "/routes/ready": new Response("Ready", { headers: { "x-ready": "1" } }),
    "/routes/file": new Response(Bun.file(join(files, "digits.bin"))),
    "/routes/users/:id": (request: { params: unknown }) => Response.json(request.params),
  };
}

export const bunRouteTables: readonly Table[] = [{
  row: "`routes`: exact, parameters, wildcards, catch-all, methods, `false`",
  shape: { on: ["bun"], by: "run" },
  cases: {
    "a route with a parameter": { path: "/routes/users/7" },
    "a route that is a Response": { path: "/routes/ready" },
  },
}];
