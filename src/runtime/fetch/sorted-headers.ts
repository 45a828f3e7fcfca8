/**
 * Headers of Deno that are sorted once for an iteration: Deno sorts all fields anew at each step of an
 * iterator.
 *
 * @module
 */

import { findKey, stateOf } from "./state.ts";

/** The fields of a Headers in their order, and sorted for iterators. */
interface Sorted {
  readonly list: readonly string[];
  readonly sorted: unknown;
}

type Field = readonly [name: string, value: string];

const SORTED: unique symbol = Symbol("sorted fields");

/** Whether the fields are those of a list with names and values in turn. */
function areSame(fields: readonly Field[], list: readonly string[]): boolean {
  if (fields.length * 2 !== list.length) return false;
  return fields.every(([name, value], index) =>
    name === list[index * 2] && value === list[index * 2 + 1]
  );
}

/** Finds the accessor of the sorted fields, and makes one that remembers them while no field changes. */
function remembering(): { key: symbol; accessor: PropertyDescriptor } | undefined {
  const sample = new Headers([["b", "2"], ["a", "1"]]);
  const isList = (part: unknown, first: string): boolean =>
    Array.isArray(part) && part.length === 2 && part[0]?.[0] === first;
  const listKey = findKey(sample, (part) => isList(part, "b"));
  const key = Object.getOwnPropertySymbols(Headers.prototype)
    .find((key) => isList(Reflect.get(Headers.prototype, key, sample), "a"));
  if (listKey === undefined || key === undefined) return undefined;
  const native = Object.getOwnPropertyDescriptor(Headers.prototype, key)?.get;
  if (native === undefined) return undefined;
  const get = function (this: { [SORTED]?: Sorted }): unknown {
    const fields = stateOf(this)[listKey] as readonly Field[];
    const before = this[SORTED];
    if (before !== undefined && areSame(fields, before.list)) return before.sorted;
    const sorted: unknown = native.call(this);
    this[SORTED] = { list: fields.flat(), sorted };
    return sorted;
  };
  return { key, accessor: { get, configurable: true } };
}

let found: ReturnType<typeof remembering>;
let searched = false;

/** Lets iterators of a Headers sort its fields once. Does nothing where Deno has no such accessor. */
export function sortOnce(headers: Headers): void {
  if (!searched) {
    searched = true;
    found = remembering();
  }
  if (found !== undefined) Object.defineProperty(headers, found.key, found.accessor);
}
