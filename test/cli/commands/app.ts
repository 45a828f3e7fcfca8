/** What the tests of `scgi fetch` and `scgi gateway` ask. */

const text = new TextEncoder();

/** A reply whose first bytes come at once, and the rest when told to. */
function stream(
  end: (controller: ReadableStreamDefaultController<Uint8Array>) => void,
  headers: Record<string, string> = {},
): Response {
  return new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(text.encode("first\n"));
        end(controller);
      },
    }),
    { headers: { "content-type": "text/event-stream", ...headers } },
  );
}

export default {
  async fetch(request: Request, env: Record<string, string>): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/status":
        return new Response("the page\n", { status: Number(searchParams.get("is")) });
      case "/stream":
        return stream((controller) => setTimeout(() => controller.close(), 300));
      case "/quiet":
        return stream(() => {});
      case "/breaks":
        // Without a length nothing would tell it from a whole one over a Unix socket.
        return stream(
          (controller) => setTimeout(() => controller.error(new Error("torn")), 50),
          { "content-length": "100" },
        );
      case "/hangs":
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        console.log("aborted");
        return new Response();
    }
    const { method, url, headers } = request;
    const body = await request.text();
    const seen = { method, url, headers: Object.fromEntries(headers), env, length: body.length };
    return Response.json({ ...seen, body: body.slice(0, 1000) });
  },
};
