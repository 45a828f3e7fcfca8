/**
 * Parses lists of extensions and of subprotocols.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-9.1
 * @module
 */

/** An extension with its parameters, as a client offers it. */
export interface Extension {
  /** In the case of the field. */
  readonly name: string;
  /** Names and values in their order; undefined for a parameter without a value. */
  readonly parameters: readonly (readonly [string, string | undefined])[];
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const PARAMETER =
  `[ \\t]*;[ \\t]*(${TOKEN})(?:[ \\t]*=[ \\t]*(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?`;
const IS_TOKEN = new RegExp(`^${TOKEN}$`);

/**
 * Parses the value of `Sec-WebSocket-Extensions`.
 *
 * @returns undefined for a value that breaks the grammar.
 */
export function parseExtensions(value: string): Extension[] | undefined {
  const extensions: Extension[] = [];
  const name = new RegExp(`[ \\t]*(${TOKEN})`, "y");
  const parameter = new RegExp(PARAMETER, "y");
  const separator = /[ \t]*(?:,[ \t,]*|$)/y;
  let at = /^[ \t,]*/.exec(value)![0].length;
  while (at < value.length) {
    const named = matchAt(name, value, at);
    if (named === null) return undefined;
    at = name.lastIndex;
    const parameters: [string, string | undefined][] = [];
    for (let found; (found = matchAt(parameter, value, at)) !== null; at = parameter.lastIndex) {
      const given = found[2] ?? found[3]?.replace(/\\(.)/g, "$1");
      // A quoted value has to be a token once it is unquoted.
      if (given !== undefined && !IS_TOKEN.test(given)) return undefined;
      parameters.push([found[1]!, given]);
    }
    if (matchAt(separator, value, at) === null) return undefined;
    at = separator.lastIndex;
    extensions.push({ name: named[1]!, parameters });
  }
  return extensions;
}

function matchAt(pattern: RegExp, value: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(value);
}

/** The subprotocols of `Sec-WebSocket-Protocol`, in the client's order; what is no token is left out. */
export function offeredProtocols(value: string | undefined): string[] {
  const offered = (value ?? "").split(",").map((name) => name.trim());
  return [...new Set(offered)].filter((name) => IS_TOKEN.test(name));
}
