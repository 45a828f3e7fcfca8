/**
 * Makes the README's comparison of HTTP and SCGI out of a run of the tests:
 *
 *     rm -f comparison.jsonl; SCGI_COMPARISON=comparison.jsonl npm test -- test/run
 *     npx bun test/run/comparison-table.ts comparison.jsonl
 *
 * It fails where no test of a row has passed.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { type Runtime, servingRuntimes } from "../support/server.ts";
import { type Finding, has, type Row, rows } from "./rows.ts";

/** The table, with numbered notes under it. */
export function comparisonTable(findings: readonly Finding[]): string {
  const notes: string[] = [];
  const cells = (row: Row, runtime: Runtime): string => {
    if (!has(runtime, row)) return "| | ";
    const found = findings.filter((finding) => finding.row === row && finding.runtime === runtime);
    if (found.length === 0) throw new Error(`No test has passed for: ${row} (${runtime})`);
    const instead = [...new Set(found.flatMap((finding) => finding.instead ?? []))].join("; ");
    if (instead === "") return "| yes | yes ";
    if (!notes.includes(instead)) notes.push(instead);
    const word = found.every((finding) => finding.instead !== undefined) ? "no" : "partly";
    return `| yes | ${word} <sup>${notes.indexOf(instead) + 1}</sup> `;
  };
  const lines = rows.map((row) =>
    `| ${row} ${servingRuntimes.map((on) => cells(row, on)).join("")}|`
  );
  return [
    "| | `Bun.serve`, HTTP | over SCGI | `Deno.serve`, HTTP | over SCGI |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
    ...notes.map((note, index) => `${index + 1}. Over SCGI ${note}.`),
    "",
  ].join("\n");
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error("Name the file that a run of the tests has written");
  const lines = readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
  console.log(comparisonTable(lines.map((line) => JSON.parse(line))));
}
