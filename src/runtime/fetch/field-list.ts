/**
 * The fields of a request in the order in which a Headers is iterated, which is that of their names.
 *
 * @module
 */

import { trimmed } from "../../cgi/fields.ts";
import type { LazyParts } from "../../cgi/request.ts";

/** A field as iterators give it. */
export type Field = [name: string, value: string];

/** The fields as `Headers.append` keeps them. */
export function readFields(fields: Pick<LazyParts, "fields">): Field[] {
  const list: Field[] = [];
  fields.fields((name, value) => list.push([name, trimmed(value)]));
  return list;
}

/** The names of the last list, and where they are in it when they are in order. */
let names: readonly string[] = [];
let order: readonly number[] = [];

/**
 * A list in the order of its names; undefined where fields have to be joined. Most clients send the same
 * fields again, and to sort twelve costs Bun 0.7 µs.
 */
export function sorted(list: readonly Field[]): readonly Field[] | undefined {
  if (list.length !== names.length || !list.every(([name], at) => name === names[at])) {
    names = list.map(([name]) => name);
    order = [...list.keys()].sort((a, b) => names[a]! < names[b]! ? -1 : 1);
    // Bun puts Set-Cookie at the end.
    if (new Set([...names, "set-cookie"]).size <= names.length) order = [];
  }
  return order.length < list.length ? undefined : order.map((at) => list[at]!);
}
