/**
 * The `routes` option of `Bun.serve`: routes with a handler, static Responses, and routes whose content
 * Bun itself serves.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

import type { ContentRoute } from "./bun-content.ts";
import { Routes } from "./routes.ts";
import { StaticResponse } from "./static-response.ts";

/** The value of a path in `routes`. */
export type BunRoute<Handler> =
  | Handler
  | ContentRoute
  | false
  | undefined
  | Record<string, Handler | ContentRoute | false | undefined>;

/** The target of a route whose content Bun serves. */
export const CONTENT = "content";

/** The target of a route; false stands for the `fetch` handler. */
export type Target<Handler> = Handler | StaticResponse | typeof CONTENT | false;

/** The table of all routes, and those whose content Bun is to serve. */
export interface BunRoutes<Handler> {
  table: Routes<Target<Handler>>;
  content: Record<string, ContentRoute> | undefined;
}

/** The methods that a route may have handlers for. */
const METHODS = [
  ...["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE"],
];

/** Reads routes that Bun takes. */
export function readRoutes<Handler extends (...args: never[]) => unknown>(
  routes: Record<string, BunRoute<Handler>>,
): BunRoutes<Handler> {
  const table = new Routes<Target<Handler>>();
  const content: Record<string, ContentRoute> = {};
  const add = (path: string, route: Handler | ContentRoute, method?: string): void => {
    const target = targetOf<Handler>(route);
    table.add(path, target, method);
    if (target !== CONTENT) return;
    if (method === undefined) content[path] = route;
    else content[path] = { ...content[path], [method]: route };
  };
  for (const [path, route] of Object.entries(routes)) {
    if (path === "" || route === undefined) continue;
    if (route === false) {
      table.add(path, false);
    } else if (!isMethods(route)) {
      add(path, route as Handler | ContentRoute);
    } else {
      for (const [method, value] of Object.entries(route)) {
        const counts = typeof value === "function" || typeof value === "object" && value !== null;
        if (counts && METHODS.includes(method)) add(path, value as Handler | ContentRoute, method);
      }
    }
  }
  return { table, content: Object.keys(content).length === 0 ? undefined : content };
}

/** The routes that have a handler: Bun keeps no other where a server is reloaded without routes. */
export function handlersOf<Handler>(
  routes: Record<string, BunRoute<Handler>>,
): Record<string, BunRoute<Handler>> {
  const kept = Object.entries(routes).flatMap(([path, route]): [string, BunRoute<Handler>][] => {
    if (typeof route === "function") return [[path, route as Handler]];
    if (!isMethods(route)) return [];
    const handlers = Object.entries(route).filter(([, value]) => typeof value === "function");
    return handlers.length === 0 ? [] : [[path, Object.fromEntries(handlers) as BunRoute<Handler>]];
  });
  return Object.fromEntries(kept);
}

function targetOf<Handler>(route: Handler | ContentRoute): Target<Handler> {
  if (typeof route === "function") return route as Handler;
  if (route instanceof Response) return StaticResponse.of(route) ?? CONTENT;
  return CONTENT;
}

/** Whether a route has a target for each method. */
function isMethods(route: unknown): route is Record<string, unknown> {
  return typeof route === "object" && route !== null && !(route instanceof Response) &&
    !(route instanceof Blob) && !("dir" in route) &&
    METHODS.some((method) => Object.hasOwn(route, method));
}
