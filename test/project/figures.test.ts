/** The tables with figures in the documents, and the picture. `UPDATE_EXAMPLES=1` writes them anew. */

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import {
  choosing,
  compared,
  direct,
  otherRequests,
  startUp,
  throughNginx,
  usual,
} from "../bench/figures.ts";
import { plot } from "../bench/plot.ts";
import type { Results } from "../bench/results.ts";

const tables: [document: string, name: string, table: () => string][] = [
  ["README.md", "usual", usual],
  ["test/bench/results/README.md", "compared", compared],
  ["test/bench/results/README.md", "direct", direct],
  ["test/bench/results/README.md", "other requests", otherRequests],
  ["test/bench/results/README.md", "start-up", startUp],
  ["test/bench/results/README.md", "through nginx", throughNginx],
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

test("the picture is that of the last benchmark", () => {
  const results = join(import.meta.dirname, "../bench/results");
  const { rows } = JSON.parse(readFileSync(join(results, "latest.json"), "utf8")) as Results;
  const file = join(results, "cpu.svg");
  const picture = plot(rows);
  if (process.env.UPDATE_EXAMPLES === "1") writeFileSync(file, picture);
  expect(readFileSync(file, "utf8")).toBe(picture);
});

test("the picture says what a table does, a panel for each load", () => {
  const picture = readFileSync(join(import.meta.dirname, "../bench/results/cpu.svg"), "utf8");
  const texts = [...picture.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text);
  expect(texts).toContain("at 10,000 requests/s");
  expect(texts).toContain("at full load");
  const [, , ...lines] = direct().trimEnd().split("\n");
  for (const line of lines) {
    const [, , paced, , full] = line.split("|").map((cell) => cell.trim());
    expect(texts).toContain(paced);
    expect(texts).toContain(full);
  }
});
