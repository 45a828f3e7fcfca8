/** The tables with figures in the documents. `UPDATE_EXAMPLES=1` writes them anew. */

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { choosing, direct, otherRequests, throughNginx } from "./figures.ts";

const tables: [document: string, name: string, table: () => string][] = [
  ["README.md", "direct", direct],
  ["README.md", "other requests", otherRequests],
  ["README.md", "through nginx", throughNginx],
  ["examples/choosing/README.md", "choosing", choosing],
];

test.each(tables)(
  "the figures of %s are those of the last benchmark: %s",
  (document, name, table) => {
    const file = join(import.meta.dirname, "../..", document);
    const page = readFileSync(file, "utf8");
    const [, before, after] =
      new RegExp(`^([^]*<!-- made by:.* \\(${name}\\) -->\n)[^]*?(<!-- end -->[^]*)$`).exec(page) ??
        [];
    const text = `${before}${table()}${after}`;
    if (process.env.UPDATE_EXAMPLES === "1") writeFileSync(file, text);
    expect(readFileSync(file, "utf8")).toBe(text);
  },
);
