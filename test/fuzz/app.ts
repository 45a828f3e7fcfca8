/** The app under hostile connections. Of them it keeps one number, so its memory should not grow. */

import { Buffer } from "node:buffer";

type Route = (request: Request, words: string[]) => Response | Promise<Response>;
type Give = (bytes: Uint8Array) => void;
type Source = { start?: () => void | Promise<void>; pull?: () => void };

/** What failing handlers throw: in what the server writes to stderr, it tells that they meant to. */
export const ON_PURPOSE = "on purpose";
/** What a chunk of `/supply` holds. */
export const CHUNK: Uint8Array = new Uint8Array(65536).fill(120);

/** Handlers that wait and response streams that are open. */
let live = 0;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The words of a path; the first is the route's name. */
export function wordsOf(url: string): string[] {
  return new URL(url).pathname.slice(1).split("/");
}

/** A number in a path. */
export function amount(word: string | undefined): number {
  return /^[0-9]{1,3}$/.test(word ?? "") ? Number(word) : 1;
}

/** A stream that counts as live until it ends, fails or is cancelled. */
function counted(source: (end: (error?: Error) => void, give: Give) => Source): ReadableStream {
  live++;
  let over = false;
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const cancel = () => {
    if (!over) live--;
    over = true;
  };
  const end = (error?: Error) => {
    if (over) return;
    cancel();
    if (error === undefined) controller.close();
    else controller.error(error);
  };
  const { start, pull } = source(end, (bytes) => controller.enqueue(bytes));
  return new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
      return start?.();
    },
    ...(pull === undefined ? {} : { pull }),
    cancel,
  });
}

const text = (words: string) => new TextEncoder().encode(words);

const routes: Record<string, Route> = {
  hello: () => new Response("Hello\n"),
  live: () => new Response(String(live)),

  // What becomes of the body.
  ignore: () => new Response("not wanted\n"),
  cancel: async (request) => {
    await request.body?.cancel();
    return new Response("not wanted\n");
  },
  part: async (request) => {
    const reader = request.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    return new Response("in part\n");
  },
  mirror: (request) => new Response(request.body),
  form: async (request) => {
    try {
      return Response.json([...(await request.formData()).keys()].length);
    } catch {
      return new Response("no form\n", { status: 400 });
    }
  },

  /** Puts what the client sent where it would do the most harm. */
  reflect: (request) => {
    try {
      return reflect(request);
    } catch (cause) {
      throw new Error(ON_PURPOSE, { cause });
    }
  },

  large: (_, [kib]) => new Response("x".repeat(amount(kib) * 1024)),
  supply: (_, [chunks]) => {
    let left = amount(chunks);
    return new Response(counted((end, give) => ({
      pull: () => left-- > 0 ? give(CHUNK) : end(),
    })));
  },
  late: async () => {
    live++;
    await pause(15);
    live--;
    return new Response("late\n");
  },
  empty: () => new Response(null, { status: 204 }),

  throw: () => {
    throw new Error(ON_PURPOSE);
  },
  reject: async () => {
    await pause(1);
    throw new Error(ON_PURPOSE);
  },
  /** Fails in the middle, with a length that was declared or not. */
  fail: (_, [length]) =>
    new Response(
      counted((end, give) => ({
        async start() {
          give(text("half of it"));
          await pause(5);
          end(new Error(ON_PURPOSE));
        },
      })),
      length === "declared" ? { headers: { "content-length": "100" } } : {},
    ),
  /** Waits for the client to leave. */
  wait: async ({ signal }) => {
    live++;
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }
    live--;
    return new Response("left\n");
  },
  /** Says something, and then nothing more. */
  quiet: () => new Response(counted((_, give) => ({ start: () => give(text("first\n")) }))),
};

function reflect({ headers, url }: Request): Response {
  const response = new Response("reflected\n", { statusText: unescaped(new URL(url).search) });
  for (const [name, from] of [["x-probe", "x-probe"], ["set-cookie", "cookie"]] as const) {
    const value = headers.get(from);
    if (value !== null) response.headers.set(name, value);
  }
  response.headers.set("location", url);
  return response;
}

/** A query with its escapes taken for bytes. */
export function unescaped(search: string): string {
  return search.slice(1).replace(
    /%([0-9A-Fa-f]{2})/g,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
}

/** What a request was, for the client to compare. */
export interface Echo {
  method: string;
  url: string;
  headers: [name: string, value: string][];
  env: [name: string, value: string][];
  /** One code unit a byte. */
  body: string;
}

async function echo(request: Request, env: Record<string, string>): Promise<Response> {
  const { method, url, headers } = request;
  const body = Buffer.from(await request.arrayBuffer()).toString("latin1");
  const seen: Echo = { method, url, headers: [...headers], env: Object.entries(env), body };
  return Response.json(seen);
}

/** Whether there is a route of this name; without one the request is echoed. */
export function isRoute(name: string): boolean {
  return Object.hasOwn(routes, name);
}

export default {
  fetch(request: Request, env: Record<string, string>): Response | Promise<Response> {
    const [name = "", ...words] = wordsOf(request.url);
    return isRoute(name) ? routes[name]!(request, words) : echo(request, env);
  },
};
