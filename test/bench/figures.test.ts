/** The table of examples/choosing. `UPDATE_EXAMPLES=1` writes it anew. */

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { figures } from "./figures.ts";

const file = join(import.meta.dirname, "../../examples/choosing/README.md");

test("the figures of examples/choosing are those of the last benchmark", () => {
  const page = readFileSync(file, "utf8");
  const before = /^[^]*<!-- made by:.*-->\n/.exec(page)?.[0];
  const after = /<!-- end -->[^]*$/.exec(page)?.[0];
  const text = `${before}${figures()}${after}`;
  if (process.env.UPDATE_EXAMPLES === "1") writeFileSync(file, text);
  expect(readFileSync(file, "utf8")).toBe(text);
});
