/**
 * Parses JSON with comments and trailing commas, as Deno does for its configuration.
 *
 * @module
 */

/** A comment, or a string: a string is matched whole, with `//` and `/*` inside it. */
const COMMENT = /("(?:[^"\\]|\\[^])*")|\/\/[^\n]*|\/\*[^]*?\*\//g;
/** A comma between a value and the end of its list or object, or a string. */
const LAST_COMMA = /("(?:[^"\\]|\\[^])*")|(?<![[{,:]\s*),(?=\s*[\]}])/g;

/**
 * The value of a text in JSONC.
 *
 * @throws {SyntaxError} for another text; a position in its message is one of the original text.
 */
export function parseJsonc(text: string): unknown {
  return JSON.parse(text.replace(COMMENT, blank).replace(LAST_COMMA, blank));
}

/** Replaces a match with as many spaces, which keep the words around it apart; keeps a string. */
function blank(text: string, string: string | undefined): string {
  return string ?? text.replace(/[^\r\n]/g, " ");
}
