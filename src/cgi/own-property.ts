/**
 * Own properties of objects whose prototype has a setter for them.
 *
 * @module
 */

/** Gives an object a property of its own, as an assignment does where nothing is inherited. */
export function setOwn(object: object, key: PropertyKey, value: unknown): void {
  const own = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(object, key, own);
}
