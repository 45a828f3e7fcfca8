/** Which route a request takes, against the runtime whose documentation it follows. */

import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { connect } from "node:net";
import { join } from "node:path";
import { Routes } from "../../src/run/routes.ts";
import { removeFolder, temporaryFolder } from "../support/address.ts";

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

type Table = Record<string, string[] | true>;

const METHODS = ["GET", "POST", "HEAD", "OPTIONS"];

/** Paths of few segments, so that many of them meet; some are odd ones that Bun takes all the same. */
const routePath = fc.tuple(
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("a", "b", "c%20d", ":") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          ...[":x:y", "a:x", ":x*", "a*", "*", "*a", "**", "", ".", "..", "%", "?", "#", "a-b"],
        ),
      },
    ),
    { maxLength: 4 },
  ),
  fc.constantFrom("", "", "/", "/*"),
).map(([segments, end]) => {
  const named = segments.map((segment, i) =>
    segment.startsWith(":") ? `:p${i}${segment.slice(1)}` : segment
  );
  return `/${named.join("/")}${segments.length === 0 ? end.slice(1) : end}`;
});

/** Nothing is ever below a wildcard, but Bun counts such a route where it puts others in order. */
const sensible = routePath.filter((path) => !/\/\*.*\//.test(path));

const table: fc.Arbitrary<Table> = fc.dictionary(
  sensible,
  fc.oneof(fc.constant(true as const), fc.subarray(METHODS, { minLength: 1 })),
  { minKeys: 1, maxKeys: 8, noNullPrototype: true },
);

const asked = fc.record({
  method: fc.constantFrom(...METHODS),
  path: fc.array(
    fc.constantFrom(
      "a",
      "b",
      "c%20d",
      "%C3%A9",
      "x",
      "",
      "*",
      "a*",
      ":x",
      "a:x",
      "ax",
      "**",
      "%",
      "%2F",
    ),
    { maxLength: 5 },
  )
    .map((segments) => `/${segments.join("/")}`),
});

const MISS = { route: "none", params: {} };

/** What Bun's own server makes of each request. */
async function asBun(table: Table, requests: { method: string; path: string }[]) {
  const unix = join(folder, "own.sock");
  // In a header, since the reply to HEAD has nothing else.
  const reply = (taken: object) =>
    new Response("", { headers: { taken: encodeURIComponent(JSON.stringify(taken)) } });
  const answer = (route: string) => ({ params }: { params: object }) => reply({ route, params });
  using _server = Bun.serve({
    unix,
    routes: Object.fromEntries(
      Object.entries(table).map(([path, methods]) => [
        path,
        methods === true
          ? answer(path)
          : Object.fromEntries(methods.map((method) => [method, answer(`${method} ${path}`)])),
      ]),
    ) as never,
    fetch: () => reply(MISS),
  });
  return await Promise.all(
    requests.map(async ({ method, path }) =>
      JSON.parse(decodeURIComponent(await ask(unix, method, path)))
    ),
  );
}

/** The header of the reply to exactly this target; `fetch` would tidy it up. */
async function ask(path: string, method: string, target: string): Promise<string> {
  const socket = connect({ path });
  socket.write(`${method} ${target} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`);
  let reply = "";
  for await (const chunk of socket) reply += String(chunk);
  return /^taken: (.*)\r$/im.exec(reply)![1]!;
}

/** What this router makes of them. */
function asOurs(table: Table, requests: { method: string; path: string }[]) {
  const routes = new Routes<string>();
  for (const [path, methods] of Object.entries(table)) {
    if (methods === true) routes.add(path, path);
    else for (const method of methods) routes.add(path, `${method} ${path}`, method);
  }
  return requests.map(({ method, path }) => {
    const match = routes.match(method, path);
    return match === undefined ? MISS : { route: match.target, params: match.params };
  });
}

test(
  "any request takes the route that it takes in Bun's own server, with the same parameters",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(asked, { minLength: 1, maxLength: 12 }),
        async (table, requests) => {
          // A name may be there twice, which Bun refuses.
          const expected = await asBun(table, requests).catch((error: Error) => error);
          fc.pre(!(expected instanceof Error && /duplicate/.test(expected.message)));
          expect(asOurs(table, requests)).toEqual(expected as never);
        },
      ),
      { numRuns: 500 },
    );
  },
  60_000,
);
