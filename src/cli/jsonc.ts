/**
 * Reads JSON as Deno does: with comments, and with a comma after the last member.
 *
 * @module
 */

/** A comment; or a string, as what looks like a comment in it is part of it. */
const COMMENT = /("(?:[^"\\]|\\[^])*")|\/\/[^\n]*|\/\*[^]*?\*\//g;
/** A comma between a value and the end of its list or object; or a string. */
const LAST_COMMA = /("(?:[^"\\]|\\[^])*")|(?<![[{,:]\s*),(?=\s*[\]}])/g;

/**
 * The value of such a text.
 *
 * @throws {SyntaxError} Where it is neither JSON nor this; the place that the message names is that of
 * the text.
 */
export function parseJsonc(text: string): unknown {
  return JSON.parse(text.replace(COMMENT, blank).replace(LAST_COMMA, blank));
}

/** Spaces, as without them two words around a comment would be a single word. */
function blank(text: string, string: string | undefined): string {
  return string ?? text.replace(/[^\r\n]/g, " ");
}
