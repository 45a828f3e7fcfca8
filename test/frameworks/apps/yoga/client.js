import { createClient } from "graphql-sse";

const query = (query) => ({
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/json" },
  body: JSON.stringify({ query }),
});

function upload() {
  const form = new FormData();
  form.set("operations", '{"query":"mutation($f:File!){read(file:$f)}","variables":{"f":null}}');
  form.set("map", '{"0":["variables.f"]}');
  form.set("0", new File(["a file"], "a.txt", { type: "text/plain" }));
  return form;
}

export const client = {
  async "a subscription sends each event as it is made to graphql-sse"(side) {
    const events = createClient({ url: `${side.origin}/graphql`, retryAttempts: 0 });
    const arrived = [];
    for await (const { data } of events.iterate({ query: "subscription { part }" })) {
      side.arrive(arrived, data.part);
    }
    return { arrived };
  },
  "a subscription is sent as it is made": (side) =>
    side.parts("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: "subscription { part }" }),
    }),
  "a query is answered": (side) => side.ask("/graphql", query('{ hello(name: "Ada") }')),
  "a query by GET is answered": (side) => side.ask("/graphql?query=%7Bhello%7D"),
  "an error is answered": (side) => side.ask("/graphql", query("{ fails }")),
  "a query that is none is refused": (side) => side.ask("/graphql", query("{ none }")),
  "an upload is read": (side) => side.ask("/graphql", { method: "POST", body: upload() }),
  "GraphiQL is sent": (side) => side.ask("/graphql", { headers: { accept: "text/html" } }),
  "a preflight is answered": (side) =>
    side.ask("/graphql", {
      method: "OPTIONS",
      headers: { origin: "http://else.test", "access-control-request-method": "POST" },
    }),
  "an unknown path is refused": (side) => side.ask("/none"),
};
