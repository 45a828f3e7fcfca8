/**
 * Makes the table of examples/choosing, of what works behind which web server, out of a run of the tests:
 *
 *     rm -f matrix.jsonl; SCGI_MATRIX=matrix.jsonl npm test -- test/e2e
 *     npx bun test/e2e/matrix-table.ts matrix.jsonl
 *
 * It fails where a test that a cell stands for has not passed on one of the twelve combinations.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { combinations } from "../support/stack.ts";
import { type WebServerName, webServers } from "../support/web-server.ts";
import { names, type Result, type Row, rows } from "./feature.ts";

/** What some web servers do instead, and where. */
interface Note {
  servers: WebServerName[];
  text: string;
}

/** The table, with numbered notes under it. */
export function matrixTable(results: readonly Result[]): string {
  const notes: Note[] = [];
  const lines = rows.map((row) => {
    const cells = webServers.map((web) => {
      const found = resultsOf(results, row, web);
      const instead = found.filter((result) => result.instead !== undefined);
      if (instead.length === 0) return "yes";
      const word = instead.length === found.length ? "no" : "partly";
      return `${word} <sup>${noted(notes, web, found, instead)}</sup>`;
    });
    return `| ${[row, ...cells].join(" | ")} |`;
  });
  return [
    `| | ${webServers.map((web) => names[web]).join(" | ")} |`,
    `| --- |${" --- |".repeat(webServers.length)}`,
    ...lines,
    "",
    ...notes.map(({ servers, text }, index) =>
      `${index + 1}. ${servers.map((web) => names[web]).join(", ")}${text}.`
    ),
    "",
  ].join("\n");
}

/** The last result of each combination. */
function resultsOf(results: readonly Result[], row: Row, web: WebServerName): Result[] {
  return combinations.filter((on) => on.web === web).map((on) => {
    const found = results.findLast((result) =>
      result.row === row && result.web === web && result.runtime === on.runtime &&
      result.socket === on.socket
    );
    if (found !== undefined) return found;
    throw new Error(`No test passed for: ${row} (${web}, ${on.runtime}, ${on.socket})`);
  });
}

/** The number of the note that says this; web servers that do the same share one. */
function noted(
  notes: Note[],
  web: WebServerName,
  all: readonly Result[],
  instead: readonly Result[],
): number {
  const what = [...new Set(instead.map((result) => result.instead))].join("; ");
  const text = `${placesOf(all, instead)}: ${what}`;
  const found = notes.findIndex((note) => note.text === text);
  if (found >= 0) {
    notes[found]!.servers.push(web);
    return found + 1;
  }
  return notes.push({ servers: [web], text });
}

/** The combinations in few words, or none where they are all. */
function placesOf(all: readonly Result[], some: readonly Result[]): string {
  if (some.length === all.length) return "";
  const others = all.filter((result) => !some.includes(result));
  return some.length <= others.length
    ? ` (${some.map(placeOf).join(", ")})`
    : ` (but not ${others.map(placeOf).join(", ")})`;
}

function placeOf({ runtime, socket }: Result): string {
  return `${{ bun: "Bun", deno: "Deno", node: "Node" }[runtime]} over ${
    socket === "TCP" ? "" : "a "
  }${socket}`;
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error("usage: bun test/e2e/matrix-table.ts RESULTS");
  const lines = readFileSync(file, "utf8").trim().split("\n");
  process.stdout.write(matrixTable(lines.map((line): Result => JSON.parse(line))));
}
