/** What a shell offers to complete. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { COMMANDS } from "../../../src/cli/commands/mod.ts";
import { type Runtime, runtimes, spawnScript } from "../../support/server.ts";

async function printed(shell: string, runtime: Runtime = "bun"): Promise<string> {
  const child = spawnScript(runtime, ["src/cli.ts", "completion", shell]);
  expect([await child.exited, child.stderr]).toEqual([0, ""]);
  return child.stdout;
}

/** What bash offers for the last of these words. */
function offered(script: string, ...words: string[]): string[] {
  const code = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _scgi; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", code, "bash", "scgi", ...words], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

describe("bash", () => {
  test("is offered the commands, and the flags of each", async () => {
    const script = await printed("bash");
    expect(offered(script, "")).toEqual([...COMMANDS.keys(), "--help", "--version"]);
    expect(offered(script, "se")).toEqual(["serve"]);
    expect(offered(script, "serve", "app.ts", "--lis")).toEqual(["--listen"]);
    expect(offered(script, "fetch", "4000", "/", "-X")).toEqual(["-X"]);
    expect(offered(script, "run", "--binding")).toEqual([]);
    expect(offered(script, "config", "ng")).toEqual(["nginx"]);
    expect(offered(script, "fly", "")).toEqual([]);
  });

  test("is left to complete files where no word fits", async () => {
    const script = await printed("bash");
    for (
      const words of [["serve", ""], ["serve", "app"], ["run", ""], ["serve", "a.ts", "--unix", ""]]
    ) {
      expect(offered(script, ...words)).toEqual([]);
    }
    expect(offered(script, "config", "")).toEqual([
      "nginx",
      "lighttpd",
      "apache",
      "cherokee",
      "systemd",
    ]);
    expect(script).toContain("complete -o default ");
  });
});

test.each(["zsh", "fish"])("%s is offered each flag of each command", async (shell) => {
  const script = await printed(shell);
  for (const [name, load] of COMMANDS) {
    for (const flag of Object.keys((await load()).FLAGS)) {
      const lines = script.split("\n").filter((line) => line.includes(name));
      expect(lines.join("\n")).toContain(shell === "fish" ? ` -l ${flag}` : `--${flag}`);
    }
  }
});

test.each(runtimes)("it is the same on %s", async (runtime) => {
  expect(await printed("bash", runtime)).toBe(await printed("bash"));
});
