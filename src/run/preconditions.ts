/**
 * The preconditions of a request, as `Bun.serve` evaluates them for a Response that is a route.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13
 * @module
 */

/** Whether the variables of a request have a precondition. */
export function isConditional(env: Record<string, unknown>): boolean {
  return env.HTTP_IF_NONE_MATCH !== undefined || env.HTTP_IF_MODIFIED_SINCE !== undefined ||
    env.HTTP_IF_MATCH !== undefined || env.HTTP_IF_UNMODIFIED_SINCE !== undefined;
}

/**
 * Evaluates the preconditions of a GET or HEAD.
 *
 * @param asked The fields of the request.
 * @param own The fields of the response.
 * @returns the status of the response, where it is not the one without preconditions.
 */
export function evaluate(asked: Headers, own: Headers): 304 | 412 | undefined {
  const tag = own.get("etag") ?? "";
  const modified = Date.parse(own.get("last-modified") ?? "");
  const date = (name: string): number => Date.parse(asked.get(name) ?? "");
  const match = asked.get("if-match");
  if (match) {
    if (!matches(match, isWeak(tag) ? "" : tag, (other) => !isWeak(other))) return 412;
  } else if (modified > date("if-unmodified-since")) {
    return 412;
  }
  const noneMatch = asked.get("if-none-match");
  if (!noneMatch) return modified <= date("if-modified-since") ? 304 : undefined;
  return opaque(tag) !== "" && matches(noneMatch, tag, () => true) ? 304 : undefined;
}

/** Whether an asterisk is asked for, or a tag that counts and is the same but for its weakness. */
function matches(asked: string, own: string, counts: (tag: string) => boolean): boolean {
  if (asked.trim() === "*") return true;
  const tag = opaque(own);
  return tag !== "" && listOf(asked).some((other) => counts(other) && opaque(other) === tag);
}

/** The members of a list; a comma between quotes is no separator. */
function listOf(value: string): string[] {
  return value.match(/(?:"[^"]*(?:"|$)|[^,"])+/g) ?? [];
}

function isWeak(tag: string): boolean {
  return /^\s*W\//.test(tag);
}

/** An entity tag without its quotes and its mark of weakness. */
function opaque(tag: string): string {
  return tag.trim().replace(/^W\/\s*/, "").replace(/^"(.*)"$/, "$1");
}
