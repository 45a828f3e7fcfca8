import { createElement as h, Suspense, use } from "react";
import { renderToReadableStream } from "react-dom/server";
import { part } from "../upstream.js";

function Part({ text }) {
  return h("p", null, use(text));
}

function Page({ slow }) {
  const parts = slow.map((text, key) =>
    h(Suspense, { key, fallback: h("i", null, "…") }, h(Part, { text }))
  );
  return h("html", null, h("body", null, h("p", null, "one"), ...parts));
}

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const slow = pathname === "/slow" ? [part("two"), part("two").then(() => part("three"))] : [];
    const stream = await renderToReadableStream(h(Page, { slow }), {
      bootstrapScripts: ["/main.js"],
      signal: request.signal,
    });
    if (pathname === "/whole") await stream.allReady;
    return new Response(stream, { headers: { "Content-Type": "text/html" } });
  },
};
