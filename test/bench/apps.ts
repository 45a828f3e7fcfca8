/** The apps that our server serves: a function for each scenario, and one Hono app with all. */

import { Hono } from "hono";
import { jsonReply, type ScenarioName, scenarios, TEXT } from "./scenarios.ts";

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

/** A plain function for each. */
export const functions: Record<ScenarioName, (request: Request) => Response | Promise<Response>> = {
  hello: () => new Response(TEXT),
  json: (request) => Response.json(jsonReply(request.headers.get("user-agent"))),
  post1k: async (request) => new Response((await request.arrayBuffer(), TEXT)),
  post1m: async (request) => new Response((await request.arrayBuffer(), TEXT)),
  reply1m: () => new Response(text),
  bytes1m: () => new Response(bytes),
  stream: () => new Response(streamed(scenarios.stream)),
  upload256m: async (request) => new Response((await dropped(request), TEXT)),
  download256m: () => new Response(streamed(scenarios.download256m)),
};

/** The same as routes. */
export const hono: Hono = new Hono();

hono.get("/hello", (c) => c.text(TEXT));
hono.get("/json", (c) => c.json(jsonReply(c.req.header("user-agent"))));
hono.post("/post1k", async (c) => c.text((await c.req.arrayBuffer(), TEXT)));
hono.post("/post1m", async (c) => c.text((await c.req.arrayBuffer(), TEXT)));
hono.get("/reply1m", (c) => c.text(text));
hono.get("/bytes1m", (c) => c.body(bytes));
hono.get("/stream", (c) => c.body(streamed(scenarios.stream)));
hono.post("/upload256m", async (c) => c.text((await dropped(c.req.raw), TEXT)));
hono.get("/download256m", (c) => c.body(streamed(scenarios.download256m)));
