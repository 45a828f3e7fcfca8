/**
 * Indents a part of a configuration, and keeps its comments readable.
 *
 * @module
 */

const LEVEL = "    ";
/** The longest line of a comment, in letters. */
const WIDTH = 100;
/** Matches successive lines of prose in comments, and no code in a comment, which is indented. */
const PROSE = /^( *)# \S.*\n(?:\1# \S.*\n)*/gm;

/** Indents a text. */
export function indent(text: string, levels = 1): string {
  return text.replace(/^(?=.)/gm, LEVEL.repeat(levels));
}

/** Indents a text, and wraps the comments that would become too long for a line. */
export function indented(text: string, levels = 1): string {
  const width = WIDTH - levels * LEVEL.length;
  const wrapped = text.replace(
    PROSE,
    (prose: string, own: string) => wrap(prose, `${own}# `, width),
  );
  return indent(wrapped, levels);
}

function wrap(prose: string, begin: string, width: number): string {
  const old = prose.trimEnd().split("\n");
  if (old.every((line) => line.length <= width)) return prose;
  const lines: string[] = [];
  let line = "";
  for (const word of old.flatMap((each) => each.slice(begin.length).split(" "))) {
    if (line !== "" && begin.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line += line === "" ? word : ` ${word}`;
    }
  }
  return [...lines, line].map((each) => `${begin}${each}\n`).join("");
}
