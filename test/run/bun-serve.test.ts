/** What `Bun.serve` has beyond any server, over HTTP and over SCGI. */

import { expect } from "bun:test";
import { ask, describeBoth, openWebSocket } from "./both.ts";
import type { Row } from "./rows.ts";

const on = ["bun"] as const;

describeBoth("Bun.serve", { script: "test/run/apps/bun-serve.ts", on }, (compare) => {
  const equal = (row: Row, request: string, headers: string[] = [], body = "") =>
    compare.same(
      row,
      `${request}${headers.length > 0 ? ` with ${headers}` : ""} is the same`,
      (side) => ask(side, request, headers, body),
    );

  compare.same(
    "`routes`: exact, parameters, wildcards, catch-all, methods, `false`",
    "POST has a route of its own",
    async (side) => {
      const reply = await ask(side, "POST /methods", ["Content-Type: application/json"], '{"a":1}');
      expect(JSON.parse(reply.body)).toEqual({ created: true, a: 1 });
      return reply;
    },
  );

  const content = "`routes`: Responses with their entity tags, files with ranges, folders";
  compare.same(content, "an entity tag that the browser has is 304", async (side) => {
    const { headers } = await ask(side, "GET /ready");
    const tag = headers.find((header) => header.startsWith("etag: "))!.slice(6);
    const replies = [
      await ask(side, "GET /ready", [`If-None-Match: ${tag}`]),
      await ask(side, "GET /ready", ['If-None-Match: "other"']),
    ];
    expect(replies.map(({ status }) => status)).toEqual([304, 200]);
    return replies;
  });
  compare.same(content, "a date that the browser has is 304", async (side) => {
    const { headers } = await ask(side, "GET /files/small.txt");
    const date = headers.find((header) => header.startsWith("last-modified: "))!.slice(15);
    const reply = await ask(side, "GET /files/small.txt", [`If-Modified-Since: ${date}`]);
    expect(reply.status).toBe(304);
    return reply;
  });

  compare.same(
    "`routes`: HTML imports, bundled",
    "a page and all that it names are served",
    async (side) => {
      const page = await ask(side, "GET /page");
      expect(page.status).toBe(200);
      const names = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name!);
      expect(names).toHaveLength(2);
      const parts = await Promise.all(names.map((name) => ask(side, `GET ${name}`)));
      expect(parts.map(({ status }) => status)).toEqual([200, 200]);
      expect(parts.map(({ body }) => body).join()).toContain("bundled");
      return { page, parts };
    },
  );
  equal("`routes`: HTML imports, bundled", "GET /other-12345678.js");

  const cookies = "`req.params`, `req.cookies`";
  compare.same(
    cookies,
    "changes of the cookies are Set-Cookie lines beside the reply's own",
    async (side) => {
      const { headers } = await ask(side, "GET /log-in");
      const set = headers.filter((header) => header.startsWith("set-cookie: "));
      expect(set).toHaveLength(3);
      return set;
    },
  );
  compare.same(
    "An error handler that answers",
    "what a route throws is answered by error",
    async (side) => {
      const replies = [await ask(side, "GET /throw"), await ask(side, "GET /reject")];
      for (const reply of replies) {
        expect(reply).toMatchObject({ status: 500, body: "TypeError: a detail" });
      }
      return replies;
    },
  );

  compare.same(
    "`server.url`, `port`, `hostname`, `pendingRequests`",
    "the server tells of itself",
    async (side) => {
      const { href, port, hostname, ...rest } = JSON.parse((await ask(side, "GET /server")).body);
      if (side.over === "HTTP") {
        expect([href, port, hostname])
          .toEqual([`http://127.0.0.1:${side.port}/`, side.port, "127.0.0.1"]);
      } else {
        expect([port, hostname]).toEqual([null, null]);
        expect(href).toMatch(/^unix:\/\/.*app\.sock$/);
      }
      return rest;
    },
  );

  compare.same(
    "`maxRequestBodySize`",
    "a body up to the limit is taken, one over it is 413",
    async (side) => {
      const post = (bytes: number) => ask(side, "POST /elsewhere", [], "x".repeat(bytes));
      const [taken, refused] = [await post(1000), await post(1001)];
      expect([taken.status, refused.status]).toEqual([200, 413]);
      return taken;
    },
  );

  const lifecycle = "`server.reload`, `server.stop`, `server.fetch`";
  compare.same(lifecycle, "server.fetch calls the fetch handler", async (side) => {
    const { body } = await ask(side, "GET /own-fetch");
    expect(JSON.parse(body)).toEqual(["fetch of /own", "fetch of /ready"]);
  });
  compare.same("`idleTimeout`, `server.timeout`", "server.timeout can be called", async (side) => {
    expect((await ask(side, "GET /quiet")).body).toBe("quiet");
  });

  compare.same(
    "WebSockets",
    "a WebSocket is opened by server.upgrade",
    (side) => openWebSocket(side, "/socket"),
  );

  // The last: afterwards nothing is as it was.
  compare.same(
    lifecycle,
    "server.reload takes other routes and another fetch handler",
    async (side) => {
      await ask(side, "POST /reload");
      const replies = [
        await ask(side, "GET /after"),
        await ask(side, "GET /ready"),
        await ask(side, "GET /users/7"),
      ];
      expect(replies.map(({ body }) => body))
        .toEqual(["reloaded", "reloaded fetch", "reloaded fetch"]);
      await ask(side, "POST /back");
      expect((await ask(side, "GET /ready")).body).toBe("Ready, again");
      return replies;
    },
  );
});
