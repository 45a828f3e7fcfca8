/**
 * The results of handlers of `Bun.serve`: anything at all, of which Bun makes a response.
 *
 * @module
 */

import process from "node:process";
import { bun } from "../runtime/detect.ts";
import type { MaybePromise } from "./maybe-promise.ts";

/** The result of a handler. Whatever is no Response is answered with 204. */
export type Result = MaybePromise<Response | undefined | void>;

/** Makes a Response of any value. */
export type Ending = (value: unknown) => Response;

/**
 * The Response for the result of a handler, which is an Error where the handler returns one.
 *
 * @param ending Makes the Response of a value that is none.
 * @throws the result where it is an Error.
 */
export function toResponse(result: Result, ending: Ending): MaybePromise<Response> {
  if (isResponse(result)) return result;
  if (result instanceof Promise) {
    // Most `async` functions wait for nothing, and need no turn of the microtasks.
    const value = bun!.peek(result);
    return isResponse(value) ? value : result.then(ending);
  }
  if ((result as unknown) instanceof Error) throw result;
  return ending(result);
}

/** Bun answers with 204 where a handler returns no Response. */
export function orNothing(value: unknown): Response {
  return isResponse(value) ? value : new Response(null, { status: 204 });
}

/** A server for development answers with a text there. */
export function orWelcome(value: unknown): Response {
  return isResponse(value) ? value : new Response(
    "Welcome to Bun! To get started, return a Response object.",
    { headers: { "content-type": "text/plain;charset=utf-8" } },
  );
}

const { get: statusOf } = Object.getOwnPropertyDescriptor(Response.prototype, "status")!;

/** Whether Bun has made a value as a Response, and not a proxy, whatever prototype that shows. */
export function isResponse(value: unknown): value is Response {
  if (typeof value !== "object" || value === null) return false;
  try {
    statusOf!.call(value);
  } catch {
    return false;
  }
  // Its methods may have been taken away.
  if (!(value instanceof Response)) Object.setPrototypeOf(value, Response.prototype);
  return true;
}

/** Waits until no microtask is left: `nextTick` in a microtask comes after all microtasks. */
export function afterMicrotasks(response: MaybePromise<Response>): Promise<Response> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve, response)));
}
