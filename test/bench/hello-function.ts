/** Hello with nothing beside it. */

export default { fetch: (): Response => new Response("Hello World\n") };
