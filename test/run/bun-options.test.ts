/** Options of `Bun.serve`: what Bun takes or refuses, `scgi run` takes or refuses. */

import { describe, expect, test } from "bun:test";
import { spawnScript } from "../support/server.ts";

const script = "test/run/apps/bun-options.ts";
const command = ["src/cli.ts", "run", "--listen", "127.0.0.1:0"];

/** What came of each, over HTTP and over SCGI. */
async function outcomes(args: string[]): Promise<[http: object, scgi: object, count: number]> {
  const run = async (words: string[]) => {
    const child = spawnScript("bun", [...words, script, ...args]);
    expect([await child.exited, child.stderr.replace(/^(?:scgi|Listening).*\n/gm, "")])
      .toEqual([0, ""]);
    return JSON.parse(child.stdout.split("\n").at(-2)!) as [given: string, outcome: string][];
  };
  const [http, scgi] = await Promise.all([run([]), run(command)]);
  return [Object.fromEntries(http), Object.fromEntries(scgi), http.length];
}

describe("scgi run takes or refuses, as Bun does and with its sentence,", () => {
  test.each([
    ["any value of any option", ["values"], 500],
    ["any kind of app", ["apps"], 20],
    ["whatever a server is reloaded with", ["reload"], 80],
    ["any routes", ["routes", String(Date.now() % 1_000_000), "500"], 900],
  ])("%s", async (_, args, least) => {
    const [http, scgi, count] = await outcomes(args);
    expect(count).toBeGreaterThan(least);
    expect(scgi).toEqual(http);
  }, 60_000);
});
