/**
 * The SCGI specification once more, as naively as can be: a whole text is judged at once, from its
 * beginning each time. The decoder is measured against it.
 *
 * @see https://python.ca/scgi/protocol.txt
 */

/** What a text is: refused, not whole yet (its head is not), or a request. */
export type Judgement =
  | { refused: { code: string; status: number } }
  | { unfinished: true }
  | { pairs: string[]; contentLength: number; body: string; surplus: number };

const FIRST = "CONTENT_LENGTH\0";
const INVALID = { refused: { code: "HEAD_INVALID", status: 400 } };
const TOO_LARGE = { refused: { code: "HEAD_TOO_LARGE", status: 431 } };
const UNFINISHED = { unfinished: true } as const;

/** Judges all bytes that came on one connection, one code unit each. */
export function judge(text: string, maxHeaderBytes = 65536, maxHeaders = 1000): Judgement {
  const digits = /^[0-9]*/.exec(text)![0];
  if (/^0[0-9]/.test(digits)) return INVALID;
  if (Number(digits) > maxHeaderBytes) return TOO_LARGE;
  if (digits.length === text.length) return UNFINISHED;
  if (digits === "" || digits === "0" || text[digits.length] !== ":") return INVALID;

  const begin = digits.length + 1;
  const end = begin + Number(digits);
  const head = text.slice(begin, end);
  if (head.slice(0, FIRST.length) !== FIRST.slice(0, head.length)) return INVALID;
  const parts = head.split("\0");
  const open = parts.pop();
  const [, first = parts.length === 1 ? open : undefined] = parts;
  if (first !== undefined && !isLength(first) && (first !== "" || parts.length > 1)) return INVALID;
  const allowed = parts.slice(0, 2 * maxHeaders);
  if (allowed.some((part, i) => i % 2 === 0 && part === "")) return INVALID;
  if (parts.length > allowed.length || open !== "" && allowed.length === 2 * maxHeaders) {
    return TOO_LARGE;
  }
  if (text.length < end) return UNFINISHED;
  if (open !== "" || parts.length % 2 !== 0) return INVALID;
  if (text.length === end) return UNFINISHED;
  if (text[end] !== ",") return INVALID;

  // Repeated names come from a web server's parameter lists: the last value that is not empty.
  const values = (name: string) =>
    parts.filter((value, i) => i % 2 === 1 && parts[i - 1] === name && value !== "");
  if (values("SCGI").at(-1) !== "1") return INVALID;
  if (!values("CONTENT_LENGTH").every(isLength)) return INVALID;
  const contentLength = Number(values("CONTENT_LENGTH").at(-1));
  const rest = text.slice(end + 1);
  return {
    pairs: parts,
    contentLength,
    body: rest.slice(0, contentLength),
    surplus: Math.max(0, rest.length - contentLength),
  };
}

function isLength(text: string): boolean {
  return /^(?:0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(Number(text));
}
