/**
 * Answers each request in one way, which the binding REPLY names: the replayed requests cannot say
 * in their paths what they want. Runs on Bun and on Deno.
 */

/** What the reply of most kinds tells. */
export interface Told {
  method: string;
  url: string;
  body: string;
}

const LONG = "x".repeat(100_000);

/** The ways, by their names. */
const replies: Record<string, (told: Told) => Response> = {
  told: (told) => Response.json(told),
  streamed: (told) => new Response(stream([JSON.stringify(told), "\n", LONG])),
  declared: (told) => {
    const text = JSON.stringify(told);
    return new Response(stream([text]), { headers: { "content-length": String(text.length) } });
  },
  empty: () => new Response(null, { status: 204 }),
  unchanged: () => new Response(null, { status: 304, headers: { etag: '"a"' } }),
  redirect: () => new Response(null, { status: 302, headers: { location: "/elsewhere?a=b" } }),
  created: () => new Response("made\n", { headers: { location: "/items/1" }, status: 201 }),
  cookies: () => {
    const headers = new Headers({ "x-empty": "", "content-type": "text/html" });
    for (const name of ["one", "two"]) headers.append("set-cookie", `${name}=${"c".repeat(500)}`);
    return new Response("cookies", { headers });
  },
  "hop-by-hop": (told) =>
    new Response(JSON.stringify(told), {
      headers: {
        "connection": "x-one",
        "x-one": "1",
        "keep-alive": "timeout=5",
        "status": "500 No",
        "content-length": "1",
      },
    }),
  throws: () => {
    throw new Error("a detail");
  },
};

const app: { fetch(request: Request, env: { REPLY: string }): Promise<Response> } = {
  async fetch(request, { REPLY }) {
    const { method, url } = request;
    return replies[REPLY]!({ method, url, body: await request.text() });
  },
};

function stream(texts: string[]): ReadableStream<Uint8Array> {
  const chunks = texts.map((text) => new TextEncoder().encode(text));
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

export default app;
