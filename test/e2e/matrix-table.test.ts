/** The table of examples/choosing, of what works behind which web server. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rows } from "./feature.ts";

test("the page has a line for each row that the tests are of, in their order", () => {
  const file = join(import.meta.dirname, "../../examples/choosing/README.md");
  const lines = readFileSync(file, "utf8").split("\n");
  const names = lines.map((line) => /^\| (.+?) \|/.exec(line)?.[1]);
  const first = names.indexOf(rows[0]);
  expect(names.slice(first, first + rows.length)).toEqual([...rows]);
});
