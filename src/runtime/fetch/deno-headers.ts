/**
 * Headers of Deno that read the fields of a request only when they are asked for them: most handlers read
 * one field or none, and filling a Headers with twelve costs as much as all else of a request.
 *
 * Deno's own server makes its Headers in the same way: a Headers without a list has a function that gives
 * the list, and a function that gives one value. Iterators sort their fields once, which Deno does anew
 * at each step.
 *
 * @module
 */

import type { LazyParts } from "../../cgi/request.ts";
import { type Field, readFields, sorted } from "./field-list.ts";
import { hideClass } from "./hide-class.ts";
import { defineLazy, findKey, stateOf } from "./state.ts";

type Fields = Pick<LazyParts, "field" | "fields">;

/** The keys of the state of a Headers, and its accessor of sorted fields. */
interface Keys {
  readonly list: symbol;
  readonly makeList: symbol;
  readonly get: symbol;
  readonly guard: symbol;
  readonly sorted: symbol;
}

/** The sorted fields of a list that may change. */
interface Sorted {
  /** Names and values in turn, in the order of the list. */
  readonly list: readonly string[];
  readonly fields: readonly Field[];
}

const { get: getField, has: hasField } = Headers.prototype;

let keys: Keys | undefined;
let sortNatively: (this: Headers) => readonly Field[];

class LazyHeaders extends Headers {
  readonly #fields: Fields;
  #sorted: readonly Field[] | undefined;
  #remembered: Sorted | undefined;

  constructor(fields: Fields, { list, makeList, get, guard }: Keys) {
    super();
    this.#fields = fields;
    const state = stateOf(this);
    state[guard] = "request";
    state[list] = null;
    const readList = (): Field[] => readFields(fields);
    const readValue = (name: string): string | null => {
      const value = fields.field?.(name.toLowerCase());
      if (value !== undefined) return value;
      fill(this);
      return getField.call(this, name);
    };
    // Functions that are written in these assignments would be in V8's old generation, and keep the
    // request there.
    state[makeList] = readList;
    state[get] = readValue;
  }

  /** The fields in the order of their names, as iterators give them. */
  static sort(headers: LazyHeaders): readonly Field[] {
    const list = stateOf(headers)[keys!.list] as readonly Field[] | null;
    if (list === null) {
      headers.#sorted ??= sorted(readFields(headers.#fields));
      if (headers.#sorted !== undefined) return headers.#sorted;
    } else if (headers.#remembered !== undefined && areSame(list, headers.#remembered.list)) {
      return headers.#remembered.fields;
    }
    const fields = sortNatively.call(headers);
    headers.#remembered = { list: listOf(headers).flat(), fields };
    return fields;
  }
}

hideClass(LazyHeaders);

/** Whether fields are those of a list with names and values in turn. */
function areSame(fields: readonly Field[], list: readonly string[]): boolean {
  if (fields.length * 2 !== list.length) return false;
  return fields.every(([name, value], index) =>
    name === list[index * 2] && value === list[index * 2 + 1]
  );
}

/** Has Deno fill a Headers, which from then on is one as any other. */
function fill(headers: Headers): void {
  hasField.call(headers, "a");
}

/** The list that a Headers keeps its fields in, which changes with it. */
function listOf(headers: Headers): Field[] {
  fill(headers);
  return stateOf(headers)[keys!.list] as Field[];
}

/** Makes a lazy Headers. {@linkcode learnHeaders} must have succeeded. */
export function lazyHeaders(fields: Fields): Headers {
  return new LazyHeaders(fields, keys!);
}

/** Gives a Request a lazy Headers in the place of its own, which is empty. */
export function giveHeaders(
  request: Request,
  headers: Headers,
  innerKey: symbol,
  cacheKey: symbol,
): void {
  // Few handlers that read a body look for more than one field.
  defineLazy(stateOf(request)[innerKey] as object, "headerList", () => listOf(headers));
  stateOf(request)[cacheKey] = headers;
}

/** Finds the keys of the state of a Headers. Returns false where lazy ones do not work. */
export function learnHeaders(): boolean {
  const sample = new Headers([["b", "2"], ["a", "1"]]);
  const named = (name: string) => findKey(sample, (_, key) => key.description === name);
  const isList = (part: unknown, first: string): boolean =>
    Array.isArray(part) && part.length === 2 && part[0]?.[0] === first;
  const list = findKey(sample, (part) => isList(part, "b"));
  const [makeList, get, guard] = ["header list getter", "header get", "guard"].map(named);
  const sorted = Object.getOwnPropertySymbols(Headers.prototype)
    .find((key) => isList(Reflect.get(Headers.prototype, key, sample), "a"));
  if (!list || !makeList || !get || !guard || !sorted) return false;
  keys = { list, makeList, get, guard, sorted };
  sortNatively = Object.getOwnPropertyDescriptor(Headers.prototype, sorted)!.get!;
  Object.defineProperty(LazyHeaders.prototype, sorted, {
    get(this: LazyHeaders): readonly Field[] {
      return LazyHeaders.sort(this);
    },
    configurable: true,
  });
  return areLazy();
}

/** Whether lazy headers are as others, and stay unread until they are needed. */
function areLazy(): boolean {
  let reads = 0;
  const make = () =>
    lazyHeaders({
      field: (name) => name === "b" ? "2" : null,
      fields(add) {
        reads++;
        add("b", "2");
        add("a", "1");
      },
    });
  const read = make();
  if (read.get("B") !== "2" || read.get("c") !== null || reads > 0) return false;
  if ([...read].flat().join() !== "a,1,b,2" || [...read.keys()].length !== 2) return false;
  const changed = make();
  changed.append("c", "3");
  return changed.has("a") && changed.get("b") === "2" && [...changed].length === 3 &&
    new Headers(make()).get("a") === "1";
}
