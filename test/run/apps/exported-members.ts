/** A default export with members that Deno.serve has as options. */

let told: unknown;

export default {
  port: "none",
  signal: AbortSignal.abort(),
  handler: () => new Response("handler"),
  onListen(this: object, ...args: object[]) {
    told = [Object.keys(this), args.map((arg) => "transport" in arg)];
  },
  onError: () => new Response("onError", { status: 418 }),
  fetch(this: object, request: Request, ...rest: object[]): Response {
    if (new URL(request.url).pathname === "/throw") throw new Error("thrown");
    return Response.json([told, Object.keys(this), rest.map((arg) => Object.keys(arg))]);
  },
};
