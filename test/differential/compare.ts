/** What is compared of two replies. */

import type { Shape } from "./case.ts";
import type { Seen } from "./try-case.ts";

/** A reply and what the app saw, ready to be compared. */
export interface Comparable {
  status: number;
  headers: string[];
  body: string;
  ending: string;
  steps: string[];
  events: string[];
}

/** Headers of how a reply is carried, and why each says nothing of the app. */
const CARRIAGE: Record<string, string> = {
  "connection": "a connection of the web server's own",
  "keep-alive": "a connection of the web server's own",
  "transfer-encoding": "the framing of HTTP",
};

/** A part of a reply that differs: of the headers one by its name, of the events one by itself. */
export type Part =
  | Exclude<keyof Comparable, "headers" | "events">
  | `header ${string}`
  | `event ${string}`;

/** The parts in which two replies differ. */
export function differences(one: Comparable, other: Comparable): Part[] {
  const { headers: ours, events, ...parts } = one;
  const names = new Set([...ours, ...other.headers].map((line) => line.split(":")[0]!));
  const linesOf = (lines: string[], name: string) =>
    lines.filter((line) => line.startsWith(`${name}:`));
  return [
    ...(Object.keys(parts) as (keyof typeof parts)[])
      .filter((part) => !Bun.deepEquals(one[part], other[part])),
    ...[...names]
      .filter((name) => !Bun.deepEquals(linesOf(ours, name), linesOf(other.headers, name)))
      .map((name): Part => `header ${name}`),
    ...lacking(events, other.events).map((event): Part => `event ${event}`),
    ...lacking(other.events, events).map((event): Part => `event ${event}`),
  ];
}

/** What is in one list more often than in another. */
function lacking(one: readonly string[], other: readonly string[]): string[] {
  const left = [...other];
  return one.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/**
 * What a reply is without its carriage. Beside the headers above these are left out:
 *
 * - the time of the reply and the name of the web server, which a web server adds;
 * - a length beside a body that HTTP sends in chunks, and that of a stream which SCGI ends with the
 *   connection: each server waits some time for the end of a stream, and knows the length if that
 *   comes. Whether a length is right is in how the reply ends;
 * - the reason phrase: the runtimes leave the app's `statusText` out, and HTTP/2 has none;
 * - the field `X-Accel-Buffering` of a stream, an order to nginx, which does the same by itself with
 *   what comes over HTTP;
 * - how often a name is there, save for cookies: several fields mean what one with all values does
 *   (RFC 9110, section 5.3);
 * - the boundary of a form, which is made up for each.
 *
 * @param both The reply over HTTP and that over SCGI; `seen` is either of them.
 */
export function comparable(
  seen: Seen,
  both: { http: Seen; scgi: Seen },
  events: string[],
  { streamed = false }: Shape,
): Comparable {
  const { status, body, ending, steps } = seen;
  const boundary = /boundary=([^;]+)/.exec(valueOf(seen, "content-type") ?? "")?.[1];
  const plain = (text: string) => boundary ? text.replaceAll(boundary, "boundary") : text;
  const declares = (side: Seen) => valueOf(side, "content-length") !== undefined;
  const counts = declares(both.http) && (declares(both.scgi) || !streamed);
  const isOrder = valueOf(both.http, "x-accel-buffering") === undefined;
  const headers = joined(seen.headers)
    .filter(([name]) => !(name in CARRIAGE))
    .filter(([name, value]) => name !== "date" || !isNow(value))
    .filter(([name, value]) => name !== "server" || !/^nginx\b/.test(value))
    .filter(([name]) => name !== "content-length" || counts)
    .filter(([name]) => name !== "x-accel-buffering" || !isOrder)
    .toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
    .map(([name, value]) => `${name}: ${plain(value)}`);
  return { status, headers, body: plain(body), ending, steps, events };
}

function valueOf({ headers }: Seen, name: string): string | undefined {
  return headers.find(([other]) => other === name)?.[1];
}

function joined(headers: Seen["headers"]): Seen["headers"] {
  const values = new Map<string, string>();
  const cookies = headers.filter(([name]) => name === "set-cookie");
  for (const [name, value] of headers) {
    const before = values.get(name);
    if (name !== "set-cookie") {
      values.set(name, before === undefined ? value : `${before}, ${value}`);
    }
  }
  return [...values, ...cookies];
}

/** Whether a server has put a date on a reply, just now. */
function isNow(date: string): boolean {
  return Math.abs(Date.parse(date) - Date.now()) < 3_600_000;
}
