/**
 * The context of a handler: its third argument.
 *
 * @module
 */

import type { HandlerContext } from "./handler.ts";

/** Gives the values of Set-Cookie fields. */
export interface SetCookies {
  changes(): readonly string[];
}

/** A thrown value, which can be undefined as well. */
export interface Failure {
  readonly error: unknown;
}

/** A lazy promise: few handlers look at `completed`. */
export class Completion {
  #promise: Promise<void> | undefined;
  #settle: ((failure?: Failure) => void) | undefined;
  #settled = false;
  #failure: Failure | undefined;
  #action: (() => void) | undefined;

  get promise(): Promise<void> {
    return this.#promise ??= this.#make();
  }

  /** Resolves it, or rejects it with a failure; the first call counts. */
  settle(failure?: Failure): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#failure = failure;
    this.#settle?.(failure);
    this.#action?.();
  }

  /** Calls an action once it is settled, in either way: a promise would cost more. */
  onSettled(action: () => void): void {
    if (this.#settled) action();
    else this.#action = action;
  }

  #make(): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const settle = (failure?: Failure): void =>
        failure === undefined ? resolve() : reject(failure.error);
      // A function in this assignment would be in V8's old generation, and keep the request there.
      this.#settle = settle;
    });
    promise.catch(() => {});
    if (this.#settled) this.#settle!(this.#failure);
    return promise;
  }
}

/** The third argument of a handler; its methods work taken off it. */
export class Context implements HandlerContext {
  readonly waitUntil: (promise: Promise<unknown>) => void;
  readonly passThroughOnException: () => void = nothing;
  readonly #completion: Completion;
  #setCookies: SetCookies | undefined;

  constructor(waitUntil: (promise: Promise<unknown>) => void, completion: Completion) {
    this.waitUntil = waitUntil;
    this.#completion = completion;
  }

  /** {@inheritDoc HandlerContext.completed} */
  get completed(): Promise<void> {
    return this.#completion.promise;
  }

  /**
   * Adds cookies to the response of a request, which are asked for when it is sent. The Response itself
   * gets none: the app may keep it, and send it again.
   */
  static addCookies(this: void, context: HandlerContext, setCookies: SetCookies): void {
    (context as Context).#setCookies = setCookies;
  }

  /** The cookies that were added. */
  static cookiesOf(this: void, context: Context | undefined): readonly string[] | undefined {
    return context === undefined ? undefined : context.#setCookies?.changes();
  }

  /** Calls an action once `completed` is settled, in either way. The last action counts. */
  static onCompleted(this: void, context: HandlerContext, action: () => void): void {
    (context as Context).#completion.onSettled(action);
  }
}

function nothing(): void {}
