/** The ways in which the end-to-end tests ask the app through a web server. */

import { exchange, type RawReply } from "../support/raw-http.ts";
import type { Stack } from "../support/stack.ts";
import type { Mirror, Sighting } from "./app.ts";

/** Asks the app of a stack that runs by then. */
export function client(stack: () => Stack) {
  const origin = () => stack().web.origin;
  const ask = (path: string, init?: BunFetchRequestInit) => fetch(origin() + path, init);
  const raw = (...lines: string[]): Promise<RawReply> =>
    exchange(stack().web.port, [...lines, "Connection: close", "", ""].join("\r\n"));
  return {
    origin,
    /** `fetch` of a path. */
    ask,
    /** What the app saw of a request by `fetch`. */
    mirror: async (path: string, init?: RequestInit): Promise<Mirror> =>
      (await ask(path, init)).json(),
    /** The reply to the given lines and `Connection: close`. */
    raw,
    get: (path: string) => raw(`GET ${path} HTTP/1.1`, "Host: a"),
    /** What the app saw of a request of the given lines. */
    rawMirror: async (...lines: string[]): Promise<Mirror> =>
      JSON.parse(Buffer.from((await raw(...lines)).body, "latin1").toString()),
    /** What a handler noted under the name. */
    seen: async (id: string): Promise<Sighting> => (await ask(`/seen/${id}`)).json(),
    /** Lets the handler of that name go on. */
    open: (id: string) => ask(`/open/${id}`, { method: "POST" }),
  };
}

/** The header of that name; the last one. */
export function header(reply: RawReply, name: string): string | undefined {
  return new Map(reply.headers).get(name);
}

/** The chunks of a body as text. */
export async function* texts(reply: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of reply.body!) yield decoder.decode(chunk);
}
