/** What handlers saw; a test names the entry in its request, and reads it at `/seen/ID`. */

export interface Sighting {
  started?: boolean;
  /** How often `request.signal` aborted. */
  aborts?: number;
  /** The name of its reason, and the code of the failure behind it. */
  reason?: string;
  /** How often the response's stream was cancelled. */
  cancels?: number;
  /** Bytes of the body that were read. */
  bytes?: number;
  [more: string]: unknown;
}

const sightings = new Map<string, Sighting>();

/** Adds to what a handler saw. */
export function see(id: string, what: Sighting): void {
  sightings.set(id, { ...sightings.get(id), ...what });
}

/** What a handler saw so far. */
export function seen(id: string): Sighting {
  return sightings.get(id) ?? {};
}

/** Counts the aborts of a signal. */
export function watch(id: string, signal: AbortSignal): void {
  see(id, { started: true, aborts: 0 });
  signal.addEventListener("abort", () => {
    see(id, { aborts: seen(id).aborts! + 1, reason: code(signal.reason) });
  });
}

/** What an error says of itself, and of the failure behind a signal's reason. */
export function code(error: unknown): string {
  const { code, name, cause } = (error ?? {}) as { code?: string; name?: string; cause?: unknown };
  if (error instanceof DOMException) return `${name} ${(cause as { code?: string })?.code}`;
  return code ?? name ?? String(error);
}

/** A stream whose cancellations are counted. */
export function watched(
  id: string,
  source: UnderlyingDefaultSource<Uint8Array>,
): ReadableStream<Uint8Array> {
  see(id, { cancels: 0 });
  return new ReadableStream({
    ...source,
    cancel(reason) {
      see(id, { cancels: seen(id).cancels! + 1, cancelReason: code(reason) });
    },
  });
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Calls of a route: the request, its URL's words after the name, and what else a handler gets. */
export interface Call {
  request: Request;
  words: string[];
  query: URLSearchParams;
  env: Record<string, unknown>;
  ctx: import("../../../src/server/handler.ts").HandlerContext;
}

export type Routes = Record<string, (call: Call) => Response | Promise<Response>>;
