/**
 * The `routes` option of `Bun.serve`: routes with a handler, and routes whose content Bun itself
 * serves.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

import type { ContentRoute } from "./bun-content.ts";
import { Routes } from "./routes.ts";

/** The value of a path in `routes`. */
export type BunRoute<Handler> =
  | Handler
  | ContentRoute
  | false
  | Record<string, Handler | Response>;

/** The target of a route without a handler. */
export const CONTENT = "content";

/** The target of a route; false stands for the `fetch` handler. */
export type Target<Handler> = Handler | typeof CONTENT | false;

/** The table of all routes, and the routes without a handler as Bun is to serve them. */
export interface BunRoutes<Handler> {
  table: Routes<Target<Handler>>;
  content: Record<string, ContentRoute> | undefined;
}

/** Reads the option. */
export function readRoutes<Handler extends (...args: never[]) => unknown>(
  routes: Record<string, BunRoute<Handler>>,
): BunRoutes<Handler> {
  const table = new Routes<Target<Handler>>();
  const content: Record<string, ContentRoute> = {};
  for (const [path, route] of Object.entries(routes)) {
    if (!path.startsWith("/")) {
      throw new TypeError(`Invalid route ${JSON.stringify(path)}. Path must start with '/'`);
    }
    if (route === false || typeof route === "function") {
      table.add(path, route as Handler | false);
    } else if (!isMethods<Handler>(route)) {
      table.add(path, CONTENT);
      content[path] = route;
    } else {
      for (const [method, target] of Object.entries(route)) {
        table.add(path, typeof target === "function" ? target : CONTENT, method);
      }
      const rest = Object.entries(route).filter(([, target]) => typeof target !== "function");
      if (rest.length > 0) content[path] = Object.fromEntries(rest) as ContentRoute;
    }
  }
  return { table, content: Object.keys(content).length === 0 ? undefined : content };
}

/** Whether a route has a target for each method; Responses, files and HTML imports have classes. */
function isMethods<Handler>(route: object): route is Record<string, Handler | Response> {
  return Object.getPrototypeOf(route) === Object.prototype && !("dir" in route);
}
