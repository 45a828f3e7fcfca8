/** The comparison of HTTP and SCGI in examples/unchanged. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rows } from "./rows.ts";

test("the page has a line for each row that the tests are of, in their order", () => {
  const file = join(import.meta.dirname, "../../examples/unchanged/README.md");
  const lines = readFileSync(file, "utf8").split("\n").map((line) =>
    /^\| (.+?) \|/.exec(line)?.[1]
  );
  const first = lines.indexOf(rows[0]);
  expect(lines.slice(first, first + rows.length)).toEqual([...rows]);
});
