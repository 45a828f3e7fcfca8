/**
 * A server for Bun, as in its documentation, without a trace of SCGI:
 *
 *     bun examples/unchanged/bun.ts
 *     bun src/cli.ts run --listen 127.0.0.1:4000 examples/unchanged/bun.ts
 *
 * @module
 */

const notes = ["buy tea"];

const server = Bun.serve({
  port: 3000,
  routes: {
    "/health": new Response("OK"),
    "/notes": {
      GET: () => Response.json(notes),
      POST: async (request) => Response.json({ id: notes.push(await request.text()) - 1 }),
    },
    "/notes/:id": ({ params }) => {
      const note = notes[Number(params.id)];
      return note === undefined
        ? new Response("No such note", { status: 404 })
        : new Response(note);
    },
    "/visits": ({ cookies }) => {
      const visits = Number(cookies.get("visits") ?? 0) + 1;
      cookies.set("visits", String(visits), { httpOnly: true });
      return new Response(`Visit number ${visits}`);
    },
  },
  fetch(request, server) {
    return new Response(`Hello, ${server.requestIP(request)?.address}`);
  },
});

console.log(`Open ${server.url}`);
