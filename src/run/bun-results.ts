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

/**
 * The Response for the result of a handler.
 *
 * @throws the result where it is an Error.
 */
export function toResponse(result: Result): MaybePromise<Response> {
  if (isResponse(result)) return result;
  if (result instanceof Promise) {
    // Without a turn of the microtasks for most `async` functions that wait for nothing.
    const value = bun!.peek(result);
    return isResponse(value) ? value : result.then(orNothing);
  }
  if ((result as unknown) instanceof Error) throw result;
  return orNothing(result);
}

/** Bun answers with 204 where a handler returns no Response. */
export function orNothing(value: unknown): Response {
  return isResponse(value) ? value : new Response(null, { status: 204 });
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
