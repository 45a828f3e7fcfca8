/**
 * Makes the comparison of HTTP and SCGI in examples/unchanged out of a run of the tests:
 *
 *     rm -f comparison.jsonl
 *     SCGI_COMPARISON=comparison.jsonl npm test -- test/run test/differential
 *     npx bun test/run/comparison-table.ts comparison.jsonl
 *
 * It fails where no test of a row has passed.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { type Runtime, servingRuntimes } from "../support/server.ts";
import { type Finding, has, type Row, rows } from "./rows.ts";

/** The table, with numbered notes under it, and what `scgi serve` and Node have otherwise. */
export function comparisonTable(findings: readonly Finding[]): string {
  const ofRun = findings.filter(({ command = "run" }) => command === "run");
  const notes: string[] = [];
  const marks = (found: readonly Finding[]): string => {
    const numbers = [...new Set(found.map(sentence))].map((text) => {
      if (!notes.includes(text)) notes.push(text);
      return notes.indexOf(text) + 1;
    });
    return numbers.length === 0 ? "" : ` <sup>${numbers.sort((a, b) => a - b).join(", ")}</sup>`;
  };
  const cells = (row: Row, runtime: Runtime): string => {
    if (!has(runtime, row)) return "| | ";
    const found = ofRun.filter((finding) => finding.row === row && finding.runtime === runtime);
    if (found.length === 0) throw new Error(`No test has passed for: ${row} (${runtime})`);
    const others = found.filter(({ instead, because }) => instead && because === undefined);
    const word = others.length === 0 ? "yes" : others.length === found.length ? "no" : "partly";
    return `| yes | ${word}${marks(found.filter(({ instead }) => instead))} `;
  };
  const lines = rows.map((row) =>
    `| ${row} ${servingRuntimes.map((on) => cells(row, on)).join("")}|`
  );
  return [
    "| | `Bun.serve`, HTTP | over SCGI | `Deno.serve`, HTTP | over SCGI |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
    ...notes.map((note, index) => `${index + 1}. ${note}`),
    "",
    "`scgi serve` was compared with the same servers, without their handlers of errors, and on Node with",
    "`@hono/node-server`. Beside the differences above:",
    "",
    ...furtherNotes(findings, notes),
    "",
  ].join("\n");
}

function sentence({ instead, because }: Finding): string {
  return `Over SCGI ${instead}${because === undefined ? "" : `: ${because}`}.`;
}

/** What only other commands and runtimes than those of the table have. */
function furtherNotes(findings: readonly Finding[], notes: readonly string[]): string[] {
  const further = new Map<string, Set<Runtime>>();
  for (const finding of findings) {
    const text = sentence(finding);
    if (finding.instead === undefined || notes.includes(text)) continue;
    further.set(text, (further.get(text) ?? new Set()).add(finding.runtime));
  }
  return [...further].map(([text, on]) => `- On ${words(on)}: ${text}`);
}

const NAMES = { bun: "Bun", deno: "Deno", node: "Node" };

function words(runtimes: ReadonlySet<Runtime>): string {
  return new Intl.ListFormat("en-GB").format([...runtimes].map((runtime) => NAMES[runtime]));
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error("Name the file that a run of the tests has written");
  const lines = readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
  console.log(comparisonTable(lines.map((line) => JSON.parse(line))));
}
