/** What hostile clients and ordinary ones ask for. Runs on Bun and on Deno. */

const chunk = new Uint8Array(65536);

export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/hello") return new Response("Hello\n");
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
  },
};
