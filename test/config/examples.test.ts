/**
 * The recipes in `examples/` are what the command prints: each README names the command that made
 * its files. `UPDATE_EXAMPLES=1` writes them anew.
 */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { configText } from "../../src/cli/commands/config.ts";
import { CONFIG_TARGETS } from "../../src/config/mod.ts";

const root = join(import.meta.dirname, "../../examples");

for (const target of CONFIG_TARGETS) {
  const folder = join(root, target);
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const commands = [...readme.matchAll(/^scgi config (.+) > (\S+)$/gm)];

  test.each(commands.map(([line, words, file]) => ({ line, words: words!, file: file! })))(
    `examples/${target}/$file is what \`$line\` prints`,
    ({ words, file }) => {
      const printed = configText(words.split(" "));
      if (process.env.UPDATE_EXAMPLES === "1") writeFileSync(join(folder, file), printed);
      expect(readFileSync(join(folder, file), "utf8")).toBe(printed);
    },
  );

  test(`examples/${target} holds no other file`, () => {
    const linked = [...readme.matchAll(/\]\(([\w.]+\.logrotate)\)/g)].map(([, file]) => file!);
    const files = ["README.md", ...commands.map(([, , file]) => file!), ...new Set(linked)];
    expect(readdirSync(folder).sort()).toEqual(files.sort());
  });
}
