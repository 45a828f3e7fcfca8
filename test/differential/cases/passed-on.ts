/** Responses of `fetch()` that an app passes on. */

import type { Handler, Lines, Table } from "../case.ts";

const ways: Record<string, (path: string) => Handler> = {
  "as it is": (path) => (_, { upstream }) => fetch(upstream + path, { redirect: "manual" }),
  "made anew": (path) => async (_, { upstream }) => {
    const response = await fetch(upstream + path, { redirect: "manual" });
    return new Response(response.body, response);
  },
  "with its headers": (path) => async (_, { upstream }) => {
    const { body, status, headers } = await fetch(upstream + path, { redirect: "manual" });
    return new Response(body, { status, headers });
  },
  "with headers changed": (path) => async (_, { upstream }) => {
    const response = await fetch(upstream + path, { redirect: "manual" });
    const copy = new Response(response.body, response);
    copy.headers.set("x-proxy", "1");
    copy.headers.delete("content-encoding");
    copy.headers.delete("content-length");
    return copy;
  },
  "by its text": (path) => async (_, { upstream }) => {
    const response = await fetch(upstream + path, { redirect: "manual" });
    return new Response(await response.text());
  },
  "as a clone": (path) => async (_, { upstream }) =>
    (await fetch(upstream + path, { redirect: "manual" })).clone(),
};

const paths = [
  ...["/gzip", "/br", "/deflate", "/gzip-br", "/unknown", "/typeless", "/slow", "/moved", "/none"],
  ...["/not-modified", "/failed", "/chunks", "/nothing-here"],
];

const cases: Lines = {};
for (const path of paths) {
  for (const [way, handler] of Object.entries(ways)) {
    cases[`fetch of ${path}, passed on ${way}`] = [{ streamed: true }, handler(path)];
  }
  cases[`fetch of ${path}, passed on not decoded`] = [
    { streamed: true, on: ["bun"] },
    (_, { upstream }) =>
      fetch(upstream + path, { redirect: "manual", decompress: false } as RequestInit),
  ];
  cases[`HEAD, and fetch of ${path}`] = [
    { method: "HEAD", streamed: true },
    (_, { upstream }) => fetch(upstream + path, { method: "HEAD", redirect: "manual" }),
  ];
}
cases["fetch that follows a redirect, passed on"] = [
  { streamed: true },
  (_, { upstream }) => fetch(`${upstream}/moved`),
];
cases["fetch of a server that is not there"] = () => fetch("http://127.0.0.1:1/");
cases["fetch that is cut off, passed on"] = [
  { streamed: true, steps: ["the beginning"] },
  async (_, at) => {
    // One for each side.
    const path = `/cut?${crypto.randomUUID()}`;
    const { body } = await fetch(at.upstream + path);
    void at.go().then(() => fetch(`${at.upstream}/off${path}`));
    return new Response(body, { headers: { "x-accel-buffering": "no" } });
  },
];

export const passedOn: readonly Table[] = [
  { row: "Responses of `fetch()`, passed on", cases },
];
