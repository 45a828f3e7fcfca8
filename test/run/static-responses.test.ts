/** Routes of `Bun.serve` that are Responses. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { exchange } from "../support/raw-http.ts";
import { ask, type Compared, describeBoth, type Side } from "./both.ts";

const row = "`routes`: Responses with their entity tags, files with ranges, folders";

describeBoth("Routes that are Responses", {
  script: "test/run/apps/static-responses.ts",
  on: ["bun"],
}, (compare, _, both) => {
  const names = async (side: Side) => JSON.parse((await ask(side, "GET /names")).body) as string[];

  for (const method of ["GET", "HEAD", "POST", "PUT", "OPTIONS"]) {
    compare.same(row, `every kind is the same to ${method}`, async (side) => {
      const replies: Record<string, Compared> = {};
      for (const path of [...await names(side), "/methods", "/by-a-parameter/1", "/below/a/b"]) {
        replies[path] = await ask(side, `${method} ${path}`);
      }
      expect(Object.keys(replies).length).toBeGreaterThan(40);
      return replies;
    });
  }

  compare.same(row, "a second request gets what the first one got, of every kind", async (side) => {
    for (const path of await names(side)) {
      const first = await ask(side, `GET ${path}`);
      await ask(side, `HEAD ${path}`);
      expect(await ask(side, `GET ${path}`)).toEqual(first);
    }
  });

  compare.same(row, "a part that is asked for is no part, of every kind", async (side) => {
    const replies: Record<string, Compared> = {};
    for (const path of await names(side)) {
      for (const range of ["bytes=0-1", "bytes=900-"]) {
        replies[`${path} ${range}`] = await ask(side, `GET ${path}`, [`Range: ${range}`]);
      }
    }
    return replies;
  });

  test("a Location of content is completed for the request that asks", async () => {
    const location = async (host: string) => {
      const lines = ["GET /moved HTTP/1.1", `Host: ${host}`, "Connection: close", "", ""];
      const { headers } = await exchange(both().scgi.port, Buffer.from(lines.join("\r\n")));
      return headers.find(([name]) => name === "location")?.[1];
    };
    expect(await location("a.test")).toBe("http://a.test/text");
    expect(await location("b.test")).toBe("http://b.test/text");
  });

  compare.same(row, "what a client has already is 304, of every kind", async (side) => {
    const replies: Record<string, Compared> = {};
    for (const path of await names(side)) {
      const { headers } = await ask(side, `GET ${path}`);
      const tag = headers.find((header) => header.startsWith("etag: "))?.slice(6) ?? '"none"';
      for (const method of ["GET", "HEAD", "POST"]) {
        replies[`${method} ${path}`] = await ask(side, `${method} ${path}`, [
          `If-None-Match: ${tag}`,
        ]);
      }
    }
    expect(Object.values(replies).filter(({ status }) => status === 304).length)
      .toBeGreaterThan(40);
    return replies;
  });

  const tag = fc.constantFrom(
    ...[
      '"51db567fa359caaa"',
      'W/"51db567fa359caaa"',
      "51db567fa359caaa",
      '"own"',
      "own",
      'W/"own"',
    ],
    ...["*", "", " ", '"other"', 'W/"other"', '"', '""', 'W/""', "W/", '"a,b"', "x y"],
  );
  const tags = fc.array(tag, { minLength: 1, maxLength: 3 });
  const date = fc.constantFrom(
    ...["Mon, 30 Nov 2020 05:00:00 GMT", "Mon, 30 Nov 2020 04:59:59 GMT", "yesterday", ""],
    ...["Tue, 01 Dec 2026 05:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "2030-01-01"],
  );
  const asked = fc.record({
    path: fc.constantFrom(
      "/text",
      "/tag",
      "/weak-tag",
      "/bare-tag",
      "/empty-tag",
      "/dated",
      "/404",
    ),
    method: fc.constantFrom("GET", "HEAD", "POST"),
    tags: fc.option(fc.tuple(tags, fc.constantFrom(",", ", ", " , ", ";", " "))),
    date: fc.option(date),
    match: fc.option(fc.tuple(tags, fc.constantFrom(",", ", ", " , ", ";", " "))),
    unmodified: fc.option(date),
  });
  test("any condition comes to the same", async () => {
    const { http, scgi } = both();
    await fc.assert(
      fc.asyncProperty(asked, async ({ path, method, tags, date, match, unmodified }) => {
        const headers = [
          ...tags === null ? [] : [`If-None-Match: ${tags[0].join(tags[1])}`],
          ...date === null ? [] : [`If-Modified-Since: ${date}`],
          ...match === null ? [] : [`If-Match: ${match[0].join(match[1])}`],
          ...unmodified === null ? [] : [`If-Unmodified-Since: ${unmodified}`],
        ];
        const request = `${method} ${path}`;
        expect(await ask(scgi, request, headers)).toEqual(await ask(http, request, headers));
      }),
      { numRuns: 600 },
    );
  }, 60_000);
});
