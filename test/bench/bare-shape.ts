/** What the bare servers are told, and the bytes that they write. */

/** A scenario, for a server that knows of no protocol. */
export interface Shape {
  /** Bytes of the request to read before the reply; 0 takes any first bytes for the whole. */
  readonly wanted: number;
  /** Bytes of the body in each write. */
  readonly write: number;
  readonly writes: number;
  /** The body, where it is no filling. */
  readonly text: string | undefined;
}

/** Where a server listens: the path of a Unix socket, or a port of 127.0.0.1. */
export type Place = { readonly unix: string } | { readonly port: number };

/** What such a server is started with, as JSON. */
export interface Bare extends Shape {
  readonly place: Place;
}

/** The first write, with the head, and the one that is repeated. */
export function cannedReply(
  { write, writes, text }: Shape,
): { first: Uint8Array; next: Uint8Array } {
  const next = text === undefined
    ? new Uint8Array(write).fill(120)
    : new TextEncoder().encode(text);
  const head = new TextEncoder().encode(
    "Status: 200 OK\r\nContent-Type: text/plain;charset=UTF-8\r\n" +
      `Content-Length: ${write * writes}\r\n\r\n`,
  );
  const first = new Uint8Array(head.length + next.length);
  first.set(head);
  first.set(next, head.length);
  return { first, next };
}
