/**
 * Makes text from outside fit for a terminal or a log: characters that are not printed, or that
 * change how the text around them is shown, are escaped, and long text is cut.
 *
 * @module
 */

/** The length of a line that is cut, in UTF-16 code units. */
export const LINE_LENGTH = 2048;
/** The length that an error with its stack is cut at. */
export const REPORT_LENGTH = 16_384;
/** The length that a value within a sentence is cut at. */
const QUOTE_LENGTH = 200;

/** Controls, formats such as those that turn the direction, line separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const UNPRINTABLE_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const ASCII = /^[ -~]*$/;

/** Text as one line, cut at a length. */
export function printableLine(text: string, most: number = LINE_LENGTH): string {
  if (text.length <= most && ASCII.test(text)) return text;
  return cut(cut(text, most).replace(UNPRINTABLE, escape), most);
}

/** Text that keeps its lines, cut in its middle: the end of an error has its stack. */
export function printableLines(text: string, most: number = REPORT_LENGTH): string {
  const tail = most / 4;
  const whole = text.length <= most
    ? text
    : `${text.slice(0, most - tail)}…\n…${text.slice(-tail)}`;
  return cut(whole.replaceAll("\r\n", "\n").replace(UNPRINTABLE_IN_LINES, escape), 2 * most);
}

/** A value as a part of a sentence: as JSON has it, printable and short. */
export function quoted(value: unknown): string {
  if (typeof value === "string") {
    return printableLine(JSON.stringify(cut(value, QUOTE_LENGTH)), 3 * QUOTE_LENGTH);
  }
  try {
    return printableLine(JSON.stringify(value) ?? String(value), QUOTE_LENGTH);
  } catch {
    return `a value of type ${typeof value}`;
  }
}

/** Text without what is over a length. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function escape(character: string): string {
  const code = character.codePointAt(0)!;
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return code > 0xff
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\x${code.toString(16).padStart(2, "0")}`;
}
