/** An app that echoes an upload after it has read it, and tells when a request has come. */

export default {
  async fetch(request: Request): Promise<Response> {
    console.error(`${request.method} ${new URL(request.url).pathname}`);
    return new Response(await request.arrayBuffer());
  },
};
