/** The reader of nginx's syntax: against written trees, and against nginx itself. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { printConfig } from "../../src/config/mod.ts";
import { type Directive, parseNginx } from "../../src/config/nginx-syntax.ts";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { describeWith, requireTool } from "../support/require.ts";

type Tree = Pick<Directive, "name" | "args"> & { block?: Tree[] };

/** A tree without its line numbers. */
const treeOf = (directives: readonly Directive[]): Tree[] =>
  directives.map(({ name, args, block }) => ({
    name,
    args: [...args],
    ...(block === undefined ? {} : { block: treeOf(block) }),
  }));

/** Ways to write a word; those without quotes only where it needs none. */
const forms: ((word: string) => string | undefined)[] = [
  (word) => `"${word.replace(/["\\]/g, "\\$&")}"`,
  (word) => `'${word.replace(/['\\]/g, "\\$&")}'`,
  (word) => /^[^\s;{}#"'\\][^\s;{}\\]*$/.test(word) ? word : undefined,
];
const spaces = [" ", "\n", "\t  ", ' # a ; comment { of " signs }\n'];

function write(tree: Tree[], choose: (below: number) => number): string {
  const word = (text: string): string => forms[choose(forms.length)]!(text) ?? forms[0]!(text)!;
  const space = () => spaces[choose(spaces.length)]!;
  return tree.map(({ name, args, block }) => {
    const words = [name, ...args].map(word).join(space());
    const end = block === undefined ? ";" : `{${space()}${write(block, choose)}}`;
    return `${words}${space()}${end}${space()}`;
  }).join("");
}

const word = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes("\0"));
const name = fc.stringMatching(/^[a-z_]+$/);
const { tree } = fc.letrec<{ tree: Tree[]; one: Tree }>((tie) => ({
  one: fc.record({ name, args: fc.array(word, { maxLength: 3 }), block: tie("tree") }, {
    requiredKeys: ["name", "args"],
  }),
  tree: fc.array(tie("one"), { maxLength: 4, depthIdentifier: "block" }),
}));

describe("parseNginx", () => {
  test("reads any tree, however its words are quoted and its lines broken", () => {
    fc.assert(
      fc.property(tree, fc.array(fc.nat(), { minLength: 1 }), (directives, choices) => {
        let at = 0;
        const text = write(directives, (below) => choices[at++ % choices.length]! % below);
        expect(treeOf(parseNginx(text))).toEqual(directives);
      }),
    );
  });

  test("throws nothing but its own error, whatever the text", () => {
    const part = fc.constantFrom(..."ab ;{}\"'\\#$\n");
    fc.assert(
      fc.property(fc.string({ unit: part }), (text) => {
        try {
          parseNginx(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "OPTION_INVALID" });
        }
      }),
    );
  });

  test("knows the line of a directive, behind words of several lines", () => {
    const [first, second] = parseNginx("\n# one\na 'b\nc' {\n  d e;\n}\nf;\n");
    expect(first).toMatchObject({ name: "a", args: ["b\nc"], line: 3 });
    expect(first!.block![0]).toMatchObject({ name: "d", line: 5 });
    expect(second).toMatchObject({ name: "f", line: 7 });
  });

  const faults: [text: string, says: string][] = [
    ["a;\nb {\nc;\n", "Line 2 of the configuration cannot be read: it has no end"],
    ["a;\nb", "Line 2 of the configuration cannot be read: it has no end"],
    ["a; }", `Line 1 of the configuration cannot be read: "}" is not expected there`],
    [";", `Line 1 of the configuration cannot be read: ";" is not expected there`],
    ["a 'b", `Line 1 of the configuration cannot be read: its ' has no end`],
    [`a "b"c;`, `Line 1 of the configuration cannot be read: "c" is not expected there`],
  ];
  test.each(faults)("says which line of %j is wrong", (text, says) => {
    expect(() => parseNginx(text)).toThrow(says);
  });

  test("reads what scgi config prints", () => {
    const whole = { mount: "/app", static: "/srv/a b", sendFile: "/srv/c", auth: "/app/auth" };
    const http = parseNginx(printConfig("nginx", whole)).find(({ name }) => name === "http")!;
    const server = http.block!.find(({ name }) => name === "server")!;
    const location = server.block!.find(({ args }) => args[0] === "/app/")!;
    expect(location.block!.find(({ name }) => name === "alias")!.args).toEqual(["/srv/a b/"]);
  });
});

describeWith("nginx", "parseNginx, beside nginx", () => {
  // Each value is shown by nginx itself, as the text of a header.
  test.each([
    String.raw`a\b`,
    String.raw`"a\"b\'c\\d\ne"`,
    String.raw`'a"b\'c'`,
    String.raw`a\;b`,
    String.raw`a"b'c`,
    "a}b",
    "a#b",
    String.raw`a\ b`,
    String.raw`"a\zb"`,
  ])("reads %s as nginx does", (written) => {
    const folder = temporaryFolder();
    try {
      mkdirSync(join(folder, "logs"));
      // nginx names the folder of a log that it cannot open.
      const directive = `error_log ${written};`;
      const [{ args }] = parseNginx(directive) as [Directive];
      writeFileSync(join(folder, "nginx.conf"), `${directive}\nevents {}\n`);
      const words = ["-t", "-e", "stderr", "-p", join(folder, "none"), "-c"];
      const { stderr } = spawnSync(requireTool("nginx"), [...words, join(folder, "nginx.conf")], {
        encoding: "utf8",
      });
      expect(stderr).toContain(`open() "${join(folder, "none")}/${args[0]}" failed`);
    } finally {
      removeFolder(folder);
    }
  });
});
