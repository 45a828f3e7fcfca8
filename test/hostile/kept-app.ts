/** Looks at the headers of a request, and reads no body. Runs on Bun, Deno and Node. */

export default {
  fetch({ method, headers }: Request): Response | Promise<Response> {
    if (method === "POST") return new Promise(() => {});
    return new Response(headers.get("x-tests") ?? "Hello\n");
  },
};
