/**
 * A case of the gate: a request, and what an app does with it. The same file is read by the test,
 * which sends the request, and by the app.
 */

import type { Runtime } from "../support/server.ts";
import type { Row } from "../run/rows.ts";
import type { At } from "./at.ts";

/** The request, where it is not a plain GET, and what its sender does. */
export interface Shape {
  method?: string;
  /** Goes on after the path of the case; the whole path where the server's own route answers. */
  path?: string;
  /** Lines of the head. */
  headers?: readonly string[];
  body?: string | Uint8Array;
  /** Whether the body is sent in chunks, with no length. */
  chunked?: boolean;
  /** The Content-Length where it is not the body's: the rest is never sent. */
  declares?: number;
  /** Texts of the reply's body; once each has come, the app is told to go on, with `at.go()`. */
  steps?: readonly string[];
  /** Parts of the body that follow it, each after the text of the reply that is named. */
  then?: readonly (readonly [text: string, part: string])[];
  /** The sender leaves once this text of the reply's body has come, or this event of the app. */
  leaves?: string;
  /** Events that are waited for before both sides are compared. */
  awaits?: readonly string[];
  /**
   * Whether the body is a stream, of a length that nobody knows before its end. A server that has
   * waited for that may declare one; the app has not.
   */
  streamed?: boolean;
  /** How often it is sent, one after the other; 1 unless set. */
  times?: number;
  /** The runtimes. All unless set. */
  on?: readonly Runtime[];
  /** The command. Both unless set. */
  by?: "run" | "serve";
  /** Whether it is sent behind nginx alone, or straight alone. Both unless set. */
  via?: Via;
}

/** How a reply comes: from the server itself, or through nginx. */
export type Via = "straight" | "nginx";

/** What the app does. Types would forbid much that a server has to answer all the same. */
export type Handler = (request: Request, at: At) => unknown;

/** A line of a table. */
export type Line = Handler | readonly [Shape, Handler] | Shape;

/** Cases by their names. */
export type Lines = Record<string, Line>;

/** Cases that the table in examples/unchanged has a row for. */
export interface Table {
  readonly row: Row;
  /** What holds for all of them. */
  readonly shape?: Shape;
  readonly cases: Lines;
}

/** A case as it is tried. */
export interface Case {
  readonly name: string;
  readonly row: Row;
  readonly shape: Shape;
  /** Absent where a route of the server answers. */
  readonly handler: Handler | undefined;
}

/** The cases of tables; a name is there once. */
export function readTables(tables: readonly Table[]): Map<string, Case> {
  const cases = new Map<string, Case>();
  for (const { row, shape: common, cases: lines } of tables) {
    for (const [name, line] of Object.entries(lines)) {
      if (cases.has(name)) throw new Error(`Two cases are named ${name}`);
      const [own, handler] = typeof line === "function"
        ? [{}, line]
        : Array.isArray(line)
        ? line as [Shape, Handler]
        : [line as Shape, undefined];
      cases.set(name, { name, row, shape: { ...common, ...own }, handler });
    }
  }
  return cases;
}

/** The target of a case's request. */
export function targetOf({ name, shape: { path = "" }, handler }: Case): string {
  return handler === undefined ? path : `/case/${encodeURIComponent(name)}${path}`;
}
