/**
 * Runs command lines, a JSON list of lists of words, in this process, one after the other, and writes a
 * line of JSON for each: the exit status and the text for stderr.
 */

import process from "node:process";
import { main } from "../../src/cli/main.ts";
import { reportError, statusOf } from "../../src/cli/error.ts";
import { writeDiagnosticsBy } from "../../src/report/diagnostics.ts";

const [folder = ".", text = "[]"] = process.argv.slice(2);
process.chdir(folder);
for (const words of JSON.parse(text) as string[][]) {
  let written = "";
  writeDiagnosticsBy((line) => void (written += `${line}\n`), () => Promise.resolve());
  let status = 0;
  try {
    await main(words);
  } catch (error) {
    reportError(error);
    status = statusOf(error);
  }
  console.log(JSON.stringify({ status, text: written }));
}
