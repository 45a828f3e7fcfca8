/** What `Deno.serve` takes and gives, and its `signal`, over HTTP and over SCGI. */

import { expect, test } from "bun:test";
import { RawConnection } from "../support/raw-http.ts";
import { spawnScript } from "../support/server.ts";
import { ask, describeBoth } from "./both.ts";

const script = "test/run/apps/members.ts";

test("Deno.serve takes the same arguments, and gives the same members, over SCGI", async () => {
  const listen = Array.from({ length: 20 }, () => ["--listen", "127.0.0.1:0"]).flat();
  const native = spawnScript("deno", [script]);
  const ours = spawnScript("deno", ["src/cli.ts", "run", ...listen, script]);
  expect([await native.exited, await ours.exited, native.stderr]).toEqual([0, 0, ""]);
  expect(JSON.parse(ours.stdout)).toEqual(JSON.parse(native.stdout));
});

describeBoth(
  "A signal of Deno.serve",
  { script: "test/run/apps/aborting.ts", on: ["deno"] },
  (compare) => {
    compare.same("`signal`, `shutdown`, `finished`", "ends open requests at once", async (side) => {
      const open = await Promise.all(["/waits", "/streams"].map(async (path) => {
        const connection = new RawConnection(side.port);
        await connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
        if (path === "/streams") await connection.until("HTTP/1.1 200");
        return connection;
      }));
      expect((await ask(side, "GET /abort")).body).toBe("soon");
      expect(await side.child.exited).toBe(0);
      open.forEach((connection) => connection.reset());
      const lines = side.child.stdout.split("\n").filter((line) => line.startsWith("/"));
      expect(lines).toHaveLength(3);
      return lines.sort();
    });
  },
);

describeBoth(
  "A default export that deno serve serves",
  { script: "test/run/apps/exported-members.ts", deno: "serve", on: ["deno"] },
  (compare) => {
    for (const path of ["/", "/throw"]) {
      compare.same(
        "`export default { fetch }`, with nothing called",
        `is read as deno serve reads it: ${path}`,
        (side) => ask(side, `GET ${path}`),
      );
    }
  },
);
