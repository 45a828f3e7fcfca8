/**
 * Finds the app in the exports of a module.
 *
 * @module
 */

import { SERVE_CALL } from "../runtime/system/differences.ts";
import { type App, type FetchHandler, toHandler } from "../server/handler.ts";
import { CommandError } from "./error.ts";

/** The exports of a module, by their names. */
export type Exports = Readonly<Record<string, unknown>>;

/** The app that a module exports. */
export interface ExportedApp {
  app: App;
  /** The object that may export an address beside the app. */
  owner: Exports;
}

const LISTENER = "Its default export takes requests of node:http, as an Express app does";

/** How deep compilers nest default exports: that of CommonJS in that of a module. */
const MOST_DEFAULTS = 3;

/**
 * Finds the app: the default export, which may be a promise, a class, or a CommonJS module of a
 * compiler, or an export named `fetch`.
 *
 * @throws {CommandError} where no export can handle requests.
 */
export async function findApp(exports: Exports, name: string): Promise<ExportedApp> {
  const { value } = await defaultOf(exports);
  if (hasFetch(value)) return { app: value, owner: value };
  if (isClass(value)) return ofClass(value, name);
  if (typeof value === "function") {
    if (isListener(value)) throw refusal(name, LISTENER);
    if (isGenerator(value)) {
      throw refusal(name, "Its default export is a generator, whose result is no Response");
    }
    const handler = value as FetchHandler;
    const app = handler.length === 0 ? handlerOrFactory(handler) : handler;
    return { app, owner: value as unknown as Exports };
  }
  if (hasFetch(exports)) return { app: exports, owner: exports };
  throw refusal(name, describe(exports, value));
}

/** The default export, in an object, since an app may be a proxy that has a `then`. */
async function defaultOf(exports: Exports): Promise<{ value: unknown }> {
  let value: unknown = exports;
  for (let depth = 0; depth < MOST_DEFAULTS; depth++) {
    if (depth > 0 && (hasFetch(value) || !isObject(value) || !("default" in value))) break;
    value = (value as Exports).default;
    if (!hasFetch(value)) value = await value;
  }
  return { value };
}

/** Makes one object of a class for all requests. */
function ofClass(type: Class, name: string): ExportedApp {
  const known = type.name !== "" && type.name !== "default";
  const made = `export default new ${known ? type.name : "App"}(…)`;
  if (takesArguments(type)) {
    throw new CommandError(
      `${name} exports a class whose constructor takes arguments. Export an object of it: ${made}`,
      1,
    );
  }
  let app: unknown;
  try {
    app = new type();
  } catch (cause) {
    throw new CommandError(
      `${name} exports a class whose constructor failed. Export an object of it: ${made}`,
      1,
      { cause },
    );
  }
  if (hasFetch(app)) return { app, owner: app };
  throw refusal(name, "Its default export is a class without a fetch method");
}

/**
 * Handles requests by a function that declares no parameter: a handler, or a factory, which makes
 * the app. Its first result tells.
 */
function handlerOrFactory(given: FetchHandler): FetchHandler {
  let handler: FetchHandler | undefined;
  return (request, env, ctx) => {
    if (handler !== undefined) return handler(request, env, ctx);
    const decide = (result: unknown): Response | Promise<Response> => {
      const made = hasFetch(result) ? toHandler(result) : undefined;
      handler ??= made ?? given;
      return made === undefined ? result as Response : handler(request, env, ctx);
    };
    const result: unknown = given(request, env, ctx);
    return result instanceof Promise ? result.then(decide) : decide(result);
  };
}

/** The error for a module that exports no app. */
function refusal(name: string, found: string): CommandError {
  return new CommandError(
    `${name} must export a handler: export default { fetch(request) { … } }. ${found}`,
    1,
  );
}

/** Says why no export is an app. */
function describe(exports: Exports, value: unknown): string {
  const named = Object.keys(exports).find((key) => key !== "default" && hasFetch(exports[key]));
  if (named !== undefined) return `Its export ${named} has fetch: write export default ${named}`;
  if (isObject(value)) {
    if (isListener(value)) return LISTENER;
    return "fetch" in value
      ? `The fetch of its default export is ${typeOf(value.fetch)}, and must be a function`
      : "Its default export has no fetch method";
  }
  if ("default" in exports) return `Its default export is ${typeOf(value)}`;
  if ("fetch" in exports) return `Its export fetch is ${typeOf(exports.fetch)}`;
  return SERVE_CALL === undefined
    ? "It has no default export"
    : `It has no default export. If it calls ${SERVE_CALL} itself, start it with scgi run`;
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

type Class = new () => unknown;

/** Whether a function is a class, which older compilers write as a function with a prototype. */
function isClass(value: unknown): value is Class {
  return typeof value === "function" && (isSyntaxOfClass(value) || hasFetch(value.prototype));
}

function isSyntaxOfClass(value: object): boolean {
  return typeof value === "function" && /^class\b/.test(sourceOf(value));
}

/** Whether a constructor, or the inherited one where a class has none, has parameters. */
function takesArguments(type: Class): boolean {
  let own: object = type;
  while (isSyntaxOfClass(own) && !/\bconstructor\s*\(/.test(sourceOf(own))) {
    own = Object.getPrototypeOf(own);
  }
  return typeof own === "function" && own.length > 0;
}

function sourceOf(value: object): string {
  return Function.prototype.toString.call(value);
}

/** Whether an app listens by itself: one of Express or Koa, or a server of `node:http`. */
function isListener(value: object): boolean {
  return typeof (value as { listen?: unknown }).listen === "function";
}

function isGenerator(value: object): boolean {
  return /Generator/.test(Object.prototype.toString.call(value));
}

function hasFetch(value: unknown): value is Exports & Exclude<App, FetchHandler> {
  return typeof (value as { fetch?: unknown } | null | undefined)?.fetch === "function";
}

function isObject(value: unknown): value is Exports {
  return typeof value === "object" && value !== null;
}
