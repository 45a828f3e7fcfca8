/** The README's comparison of HTTP and SCGI. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rows } from "./rows.ts";

test("the README has a line for each row that the tests are of, in their order", () => {
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  const lines = readme.split("\n").map((line) => /^\| (.+?) \|/.exec(line)?.[1]);
  const first = lines.indexOf(rows[0]);
  expect(lines.slice(first, first + rows.length)).toEqual([...rows]);
});
