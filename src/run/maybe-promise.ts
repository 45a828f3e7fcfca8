/**
 * The results of handlers, which may come at once or later.
 *
 * @module
 */

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;
