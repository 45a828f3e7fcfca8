/**
 * The part of `bun:test` that the tests of pure code use, so that the same files run on Deno
 * and Node. import-map.json and register.ts put it in the place of `bun:test`; run.ts runs what was
 * declared.
 */

import { format, inspect, isDeepStrictEqual } from "node:util";

type Action = () => unknown;

/** A test that was declared. */
export interface Declared {
  name: string;
  run: Action;
}

/** A `describe`, or the whole file: what runs around each of its tests. */
interface Group {
  title: string;
  before: Action[];
  after: Action[];
}

const declared: Declared[] = [];
let groups: Group[] = [newGroup("")];

function newGroup(title: string): Group {
  return { title, before: [], after: [] };
}

/** Takes the tests that were declared since the last call. */
export function takeDeclared(): Declared[] {
  groups = [newGroup("")];
  return declared.splice(0);
}

export function describe(title: string, body: Action): void {
  groups.push(newGroup(title));
  body();
  groups.pop();
}

export function beforeEach(action: Action): void {
  groups.at(-1)!.before.push(action);
}

export function afterEach(action: Action): void {
  groups.at(-1)!.after.push(action);
}

export function test(name: string, body: Action): void {
  const around = [...groups];
  const run = async () => {
    for (const { before } of around) for (const action of before) await action();
    try {
      await body();
    } finally {
      for (const { after } of around.toReversed()) for (const action of after) await action();
    }
  };
  declared.push({ name: [...around.map(({ title }) => title), name].slice(1).join(" > "), run });
}

/** Bun, which runs the same file, tells what is skipped. */
test.skip = (_name: string, _body: Action): void => {};

/** Declares a test for each row, with its values in the places of the name. */
test.each =
  (rows: readonly unknown[]) => (name: string, body: (...row: never[]) => unknown): void => {
    for (const given of rows) {
      const row = Array.isArray(given) ? given : [given];
      test(
        format(name, ...row.slice(0, name.match(/%[sjd]/g)?.length ?? 0)),
        () => body(...row as never[]),
      );
    }
  };

/** How a value is judged: whether it is what was expected, and what that was. */
type Matcher = (actual: unknown, expected: never) => boolean;

const matchers: Record<string, Matcher> = {
  toBe: Object.is,
  toEqual: (actual, expected) => isDeepStrictEqual(plain(actual), plain(expected)),
  toMatchObject: matches,
  toBeUndefined: (actual) => actual === undefined,
  toBeNull: (actual) => actual === null,
  toBeInstanceOf: (actual, expected: new () => unknown) => actual instanceof expected,
  toHaveLength: (actual, expected) => (actual as unknown[]).length === expected,
  toContain: (actual, expected) => (actual as unknown as string).includes(expected),
  toMatch: (actual, expected: RegExp) => expected.test(actual as string),
  toBeLessThan: (actual, expected: number) => actual as number < expected,
  toBeLessThanOrEqual: (actual, expected: number) => actual as number <= expected,
  toBeGreaterThan: (actual, expected: number) => actual as number > expected,
  toThrow: throws,
};

// deno-lint-ignore no-explicit-any
type Expectation = Record<string, any>;

export function expect(actual: unknown): Expectation {
  const expectation: Expectation = { not: {}, resolves: {}, rejects: {} };
  for (const [name, matcher] of Object.entries(matchers)) {
    const judge = (value: unknown, wanted: boolean, expected: unknown) => {
      if (matcher(value, expected as never) === wanted) return;
      const not = wanted ? "" : "not.";
      throw new Error(`expect(${show(value)}).${not}${name}(${show(expected)})`);
    };
    expectation[name] = (expected: unknown) => judge(actual, true, expected);
    expectation.not[name] = (expected: unknown) => judge(actual, false, expected);
    expectation.resolves[name] = async (expected: unknown) => judge(await actual, true, expected);
    expectation.rejects[name] = async (expected: unknown) => {
      const reason = await rejection(actual as Promise<unknown>);
      judge(name === "toThrow" ? () => raise(reason) : reason, true, expected);
    };
  }
  return expectation;
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not reject");
}

function raise(error: unknown): never {
  throw error;
}

function throws(action: unknown, expected?: unknown): boolean {
  try {
    (action as Action)();
  } catch (error) {
    const { message } = error as Error;
    if (expected === undefined) return true;
    if (typeof expected === "string") return message.includes(expected);
    if (expected instanceof RegExp) return expected.test(message);
    if (expected instanceof Error) return message === expected.message;
    return error instanceof (expected as ErrorConstructor);
  }
  return false;
}

function matches(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) {
    return isDeepStrictEqual(plain(actual), plain(expected));
  }
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(expected).every(([key, value]) =>
    matches((actual as Record<string, unknown>)[key], value)
  );
}

/** Without prototypes and undefined properties, which Bun's toEqual passes over. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  const entries = Object.entries(value).filter(([, property]) => property !== undefined);
  return new Map(entries.sort().map(([key, property]) => [key, plain(property)]));
}

function show(value: unknown): string {
  return value instanceof Error ? String(value) : inspect(value, { depth: 6 });
}
