/** The apps that our server serves: a function for each scenario, and one Hono app with all. */

import { Hono } from "hono";
import { EVENT, jsonReply, OPENING, type ScenarioName, scenarios, TEXT } from "./scenarios.ts";

const text = "x".repeat(scenarios.reply1m.write);
const bytes = new Uint8Array(scenarios.bytes1m.write).fill(120);

/** A body that is written in pieces, each when it is asked for. */
function streamed({ write, writes }: { write: number; writes: number }): ReadableStream {
  const chunk = new Uint8Array(write).fill(120);
  let left = writes;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(chunk);
      if (--left === 0) controller.close();
    },
  });
}

/** Reads a body as it comes, and keeps nothing of it. */
async function dropped(request: Request): Promise<void> {
  const reader = request.body!.getReader();
  while (!(await reader.read()).done);
}

/** Reads each field of the head. */
function fieldBytes({ headers }: Request): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length;
  return bytes;
}

const event = new TextEncoder().encode(EVENT);
const opening = new TextEncoder().encode(OPENING);
const listeners: Set<ReadableStreamDefaultController<Uint8Array>> = new Set();

/** An event stream for a GET, an event for all of them for a POST. */
function events({ method }: Request): Response {
  if (method === "POST") {
    for (const listener of listeners) listener.enqueue(event);
    return new Response(TEXT);
  }
  let listener: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      listeners.add(listener = controller);
      controller.enqueue(opening);
    },
    cancel: () => void listeners.delete(listener),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

type Handler = (request: Request) => Response | Promise<Response>;

/** A plain function for each. */
export const functions: Record<ScenarioName, Handler> = {
  hello: () => new Response(TEXT),
  json: (request) => Response.json(jsonReply(request.headers.get("user-agent"))),
  headers: (request) => new Response(fieldBytes(request) > 0 ? TEXT : ""),
  post1k: async (request) => new Response((await request.arrayBuffer(), TEXT)),
  post1m: async (request) => new Response((await request.text(), TEXT)),
  reply1m: () => new Response(text),
  bytes1m: () => new Response(bytes),
  stream: () => new Response(streamed(scenarios.stream)),
  chunks: () => new Response(streamed(scenarios.chunks)),
  echo1m: (request) => new Response(request.body),
  events,
  upload256m: async (request) => new Response((await dropped(request), TEXT)),
  download256m: () => new Response(streamed(scenarios.download256m)),
};

/** The same as routes. */
export const hono: Hono = new Hono();

hono.get("/hello", (c) => c.text(TEXT));
hono.get("/json", (c) => c.json(jsonReply(c.req.header("user-agent"))));
hono.post("/post1k", async (c) => c.text((await c.req.arrayBuffer(), TEXT)));
hono.get("/reply1m", (c) => c.text(text));
hono.get("/stream", (c) => c.body(streamed(scenarios.stream)));
hono.post("/upload256m", async (c) => c.text((await dropped(c.req.raw), TEXT)));
hono.get("/download256m", (c) => c.body(streamed(scenarios.download256m)));

/** What the HTTP servers of the runtimes serve: the function of a scenario, or the Hono app. */
export function handlerOf(scenario: string | undefined): Handler {
  return functions[scenario as ScenarioName] ?? ((request) => hono.fetch(request));
}
