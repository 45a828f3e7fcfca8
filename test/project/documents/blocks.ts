/** The code blocks of the documents, and of the comments of the source. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const root: string = join(import.meta.dirname, "../../..");

/** A fenced block, or indented lines of a comment. */
export interface Block {
  /** The file that it is in, from the project's folder. */
  file: string;
  /** The line of the file that its first line is. */
  line: number;
  /** What stands behind its fence; nothing where nothing does. */
  language: string;
  text: string;
}

/** `README.md:14`. */
export const where = ({ file, line }: Block): string => `${file}:${line}`;

/** The documents, from the project's folder. */
export const documents: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  ...globSync("examples/**/README.md", { cwd: root }).sort(),
  "test/bench/results/README.md",
];

const sources = globSync("src/**/*.ts", { cwd: root }).sort();
const examples = globSync("examples/**/*.{ts,js}", { cwd: root }).sort();

/** All of them. */
export function allBlocks(): Block[] {
  return [
    ...documents.flatMap((file) => fenced(file, readLines(file))),
    ...sources.flatMap((file) => fenced(file, commentLines(file))),
    ...examples.flatMap((file) => indented(file, commentLines(file))),
  ];
}

/** The file beside its document that a block shows, which it begins with the name of. */
export function shownFile({ file, text }: Block): string | undefined {
  const name = /^(?:\/\/|#) ([\w./-]+\.\w+)$/m.exec(text.split("\n")[0]!)?.[1];
  if (name === undefined) return undefined;
  const path = join(dirname(file), name);
  return existsSync(join(root, path)) ? path : undefined;
}

export function readLines(file: string): string[] {
  return readFileSync(join(root, file), "utf8").split("\n");
}

/** The text of a file's doc comments, each line where it is; all else is left out. */
function commentLines(file: string): string[] {
  let inside = false;
  return readLines(file).map((line) => {
    if (/^\s*\/\*\*(?!.*\*\/)/.test(line)) inside = true;
    else if (/\*\//.test(line)) inside = false;
    return inside ? line.replace(/^\s*(?:\/\*)?\* ?/, "") : "";
  });
}

function fenced(file: string, lines: string[]): Block[] {
  const blocks: Block[] = [];
  let open: { indent: string; block: Block } | undefined;
  for (const [at, line] of lines.entries()) {
    const [, indent = "", language = ""] = /^(\s*)```(.*)$/.exec(line) ?? [];
    if (!/^\s*```/.test(line)) {
      if (open !== undefined) open.block.text += `${line.replace(open.indent, "")}\n`;
    } else if (open === undefined) {
      open = { indent, block: { file, line: at + 2, language, text: "" } };
    } else {
      blocks.push(open.block);
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${where(open.block)} has no end`);
  return blocks;
}

/** Commands in the comments of the examples, which are indented and not fenced. */
function indented(file: string, lines: string[]): Block[] {
  const blocks: Block[] = [];
  for (const [at, line] of lines.entries()) {
    if (!/^ {4}\S|^ {6}\S/.test(line)) continue;
    const text = `${line.slice(4)}\n`;
    const last = blocks.at(-1);
    if (last !== undefined && last.line + last.text.split("\n").length - 1 === at + 1) {
      last.text += text;
    } else blocks.push({ file, line: at + 1, language: "sh", text });
  }
  return blocks;
}
