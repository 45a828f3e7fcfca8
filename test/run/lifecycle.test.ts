/** How servers begin and end in scripts, by themselves and under `scgi run`. */

import { describe, expect, test } from "bun:test";
import { type Runtime, spawnScript } from "../support/server.ts";
import { record, type Row } from "./rows.ts";

const script = "test/run/apps/lifecycle.ts";
const at = ["--listen", "127.0.0.1:0"];
// Scripts that try a server more than once have a place for each.
const command = ["src/cli.ts", "run", ...at, ...at, ...at];

const lifecycle = "`server.reload`, `server.stop`, `server.fetch`";
const end = "`signal`, `shutdown`, `finished`";

const cases: [life: string, row: Row, expected: unknown][] = [
  ["bun unref", "`ref` and `unref`", "unreferenced"],
  ["bun ref", "`ref` and `unref`", "resolved"],
  ["bun stop", lifecycle, ["resolved", "resolved"]],
  ["bun using", lifecycle, "function"],
  ["bun reload", lifecycle, true],
  ["bun told wrong", lifecycle, ["TypeError", "TypeError"]],
  ["deno unref", "`ref` and `unref`", "unreferenced"],
  ["deno ref", "`ref` and `unref`", "resolved"],
  ["deno shutdown", end, [["finished"], "resolved"]],
  ["deno signal", end, "resolved"],
  ["deno disposal", end, "resolved"],
  ["deno onListen", "`onListen`, `addr`", {
    early: 1,
    told: [["hostname", "port", "transport"]],
    same: ["hostname", "port", "transport"],
  }],
  ["deno told wrong", "Every overload of `Deno.serve`", ["TypeError", "TypeError", "TypeError"]],
];

describe("a script whose server", () => {
  test.each(cases)("lives through %j ends by itself, over HTTP and over SCGI", async (
    life,
    row,
    expected,
  ) => {
    const runtime = life.split(" ")[0] as Runtime;
    for (const words of [[script, life], [...command, script, life]]) {
      const child = spawnScript(runtime, words);
      const status = await child.exited;
      expect([status, child.stdout, status === 0 ? "" : child.stderr])
        .toEqual([0, `${JSON.stringify(expected)}\n`, ""]);
    }
    record({ row, runtime });
  });
});
