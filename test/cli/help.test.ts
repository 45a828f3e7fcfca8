/** What `--help` says, of all commands and of one. */

import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { runtimes, spawnScript } from "../support/server.ts";

const names = [...COMMANDS.keys()];

describe.each(names)("the help of scgi %s", (name) => {
  test("names each flag that there is, and no other", async () => {
    const { USAGE, HELP = USAGE, FLAGS } = await COMMANDS.get(name)!();
    const named = HELP.match(/(?<![\w-])--?[a-zA-Z][\w-]*/g) ?? [];
    const flags = Object.entries(FLAGS).flatMap(([flag, { short }]) => [
      `--${flag}`,
      ...(short === undefined ? [] : [`-${short}`]),
    ]);
    const positive = named.map((flag) => flag.replace(/^--no-/, "--"));
    expect([...new Set(positive)].sort()).toEqual(flags.sort());
  });

  test("fits the width of a terminal", async () => {
    const { USAGE, HELP = USAGE } = await COMMANDS.get(name)!();
    expect(HELP.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });
});

describe.each(runtimes)("scgi (%s)", (runtime) => {
  const printed = async (...words: string[]): Promise<string> => {
    const child = spawnScript(runtime, ["src/cli.ts", ...words]);
    expect([await child.exited, child.stderr]).toEqual([0, ""]);
    return child.stdout;
  };

  test("prints the help of one command, whichever way it is asked", async () => {
    for (const words of [["serve", "app.ts", "--help"], ["serve", "-h"], ["help", "serve"]]) {
      const text = await printed(...words);
      expect(text).toStartWith("scgi serve [MODULE] [FLAG]…\n");
      expect(text).not.toContain("scgi run");
    }
  });

  test("prints its own help for scgi run, before the name of the script alone", async () => {
    expect(await printed("run", "--help", "app.ts")).toStartWith("scgi run [FLAG]… FILE");
    const child = spawnScript(runtime, ["src/cli.ts", "run", "away.ts", "--help"]);
    expect(await child.exited).toBe(1);
    expect(child.stderr).toStartWith("scgi: away.ts was not found.");
  });
});
