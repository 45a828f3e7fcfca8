/**
 * The state of a Request or a Response, which Deno, and Node before 24, keep in properties whose keys are
 * symbols.
 *
 * @module
 */

/** An object as the properties whose keys are symbols. */
export function stateOf(object: object): Record<symbol, unknown> {
  return object as Record<symbol, unknown>;
}

/** Finds a key when it is first asked for: a search at the start would delay every start. */
export function findLater(find: () => symbol | undefined): () => symbol | undefined {
  let found: { key: symbol | undefined } | undefined;
  return () => (found ??= { key: find() }).key;
}

/** The key of the first part of an object's state for which a test holds; undefined where none does. */
export function findKey(
  object: object,
  test: (part: unknown, key: symbol) => boolean,
): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((key) => test(stateOf(object)[key], key));
}

/** Defines a property whose value is made when it is first read. */
export function defineLazy(object: object, key: PropertyKey, make: () => unknown): void {
  const set = (value: unknown) => setOwn(object, key, value);
  const get = () => {
    set(make());
    return (object as Record<PropertyKey, unknown>)[key];
  };
  Object.defineProperty(object, key, { get, set, enumerable: true, configurable: true });
}

/** Gives an object a property of its own, where an assignment would call an inherited setter. */
export function setOwn(object: object, key: PropertyKey, value: unknown): void {
  const own = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(object, key, own);
}
