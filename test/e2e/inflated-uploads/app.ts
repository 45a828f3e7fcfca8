/** Tells the length of an upload, or answers without a look at it. */

export default async function (request: Request): Promise<Response> {
  if (new URL(request.url).pathname.endsWith("/early")) return new Response("early");
  return new Response(String((await request.arrayBuffer()).byteLength));
}
