/** Scripts that start their servers in other ways than most, over HTTP and over SCGI. */

import { expect } from "bun:test";
import { ask as askScgi } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { RawConnection } from "../support/raw-http.ts";
import { credentials } from "../support/web-server.ts";
import { ask, describeBoth, openWebSocket } from "./both.ts";

describeBoth(
  "A module that calls nothing",
  { script: "test/run/apps/exported.ts", deno: "serve" },
  (compare) => {
    for (const path of ["/", "/made"]) {
      compare.same(
        "`export default { fetch }`, with nothing called",
        `its default export answers ${path}`,
        async (side) => {
          const reply = await ask(side, `GET ${path}`);
          expect(reply.body).toBe(path === "/" ? "GET / true" : "made before anything is served");
          return reply;
        },
      );
    }
  },
);

const overloads = ["handler", "options and handler", "options with handler"];
for (const overload of overloads) {
  describeBoth(
    `Deno.serve given ${overload}`,
    { script: "test/run/apps/overload.ts", args: [overload], on: ["deno"] },
    (compare) => {
      compare.same("Every overload of `Deno.serve`", "answers", async (side) => {
        const reply = await ask(side, "GET /");
        expect(JSON.parse(reply.body)).toEqual({ hostname: "127.0.0.1", keys: [] });
        return reply;
      });
      if (overload !== "options and handler") return;

      compare.same("`info.completed`", "info.completed tells whether a reply was delivered", async (
        side,
      ) => {
        const counts = async () => JSON.parse((await ask(side, "GET /counts")).body);
        const before = await counts();
        await ask(side, "GET /");
        await eventually(counts, ({ completed }) => completed === before.completed + 1);
        const connection = new RawConnection(side.port);
        await connection.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
        await connection.until("HTTP/1.1 200");
        connection.reset();
        // Deno's own resolves here as well, against its documentation.
        if (side.over === "HTTP") return;
        await eventually(counts, ({ failed }) => failed === before.failed + 1);
      });

      compare.same(
        "WebSockets",
        "a WebSocket is opened by Deno.upgradeWebSocket",
        (side) => openWebSocket(side, "/socket"),
      );
    },
  );
}

const [first, second] = [await freePort(), await freePort()];
describeBoth(
  "A script with two servers",
  {
    script: "test/run/apps/two.ts",
    args: [String(first)],
    flags: ["--listen", `127.0.0.1:${second}`],
  },
  (compare) => {
    compare.same("Two servers in one script", "each has an address of its own", async (side) => {
      const other = side.over === "HTTP"
        ? (await ask({ ...side, port: first }, "GET /")).body
        : (await askScgi(`127.0.0.1:${second}`, "/")).text;
      const texts = [(await ask(side, "GET /")).body, other];
      expect(texts).toEqual(["the app", "the administrator"]);
    });
  },
);

const { certificate, key } = credentials();
describeBoth(
  "A script with TLS",
  { script: "test/run/apps/tls.ts", args: [certificate, key] },
  (compare, runtime, both) => {
    compare.differs(
      "TLS",
      "its TLS is used",
      "the web server does TLS: `tls`, `cert` and `key` are ignored, with one line on stderr",
      {
        http: async ({ port }) => {
          const tls = { rejectUnauthorized: false };
          const reply = await fetch(`https://127.0.0.1:${port}/`, { tls });
          expect(await reply.text()).toBe("https");
        },
        scgi: async (side) => {
          expect((await ask(side, "GET /")).body).toBe("http");
          const said = () => both().scgi.child.stderr;
          await eventually(said, (text) => text.includes("ignores"));
          const lines = said().split("\n").filter((line) => /ignores/.test(line));
          expect(lines).toHaveLength(1);
          expect(lines[0]).toContain(
            runtime === "bun" ? "tls and idleTimeout" : "automaticCompression, cert, and key",
          );
        },
      },
    );
    if (runtime === "bun") {
      compare.differs(
        "`idleTimeout`, `server.timeout`",
        "idleTimeout ends quiet connections",
        "`idleTimeout` is ignored, with one line on stderr, and `server.timeout` does nothing: the " +
          "server never ends a quiet stream",
        {
          http: () => {},
          scgi: async () => {
            await eventually(
              () => both().scgi.child.stderr,
              (text) => text.includes("idleTimeout"),
            );
          },
        },
      );
    }
  },
);

describeBoth(
  "A page that is worked on",
  { script: "test/run/apps/development.ts", on: ["bun"] },
  (compare) => {
    compare.differs(
      "`routes`: HTML imports, with hot reloading",
      "the browser reloads a page whose files change",
      "a page is bundled once, as with `development: false`",
      {
        // It refuses other hosts than its own.
        http: async ({ port }) =>
          expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain("/_bun/"),
        scgi: async (side) => {
          const { status, body } = await ask(side, "GET /");
          expect(status).toBe(200);
          expect(body).not.toContain("/_bun/");
        },
      },
    );
  },
);
