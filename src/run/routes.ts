/**
 * A table of routes, matched by Bun's rules: the most specific route, segment by segment.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

/** The route of a request, and the values of its parameters. */
export interface Match<Target> {
  readonly target: Target;
  readonly params: Record<string, string>;
}

/** The end of a route's path. */
interface Leaf<Target> {
  readonly target: Target;
  /** The place of the route in the order in which they were added. */
  readonly place: number;
  /** The names of the route's parameters, from left to right. */
  readonly names: readonly string[];
}

/** One segment of a path, and the segments below it: exact ones come first, a wildcard last. */
interface Node<Target> {
  readonly exact: Map<string, Node<Target>>;
  parameter: Node<Target> | undefined;
  /** By their text. The first route counts, whatever follows its asterisk. */
  readonly wildcards: Map<string, Node<Target>>;
  readonly methods: Map<string, Leaf<Target>>;
  /** The route of every method that is not in `methods`. */
  any: Leaf<Target> | undefined;
}

/** A table of routes. */
export class Routes<Target> {
  readonly #root: Node<Target> = makeNode();
  #count = 0;

  /**
   * Adds a route. `:name` matches one segment, and `*` at the end matches the rest of the path.
   *
   * @param method The method of the route. Without it, the route is for every method that has no
   * route of its own.
   */
  add(path: string, target: Target, method?: string): void {
    let node = this.#root;
    for (const segment of segments(path)) {
      if (segment.startsWith(":")) {
        node = node.parameter ??= makeNode();
      } else if (segment.startsWith("*")) {
        node = childOf(node.wildcards, segment);
      } else {
        node = childOf(node.exact, segment);
      }
    }
    const leaf = { target, place: this.#count++, names: namesOf(path) };
    if (method === undefined) node.any = leaf;
    else node.methods.set(method, leaf);
  }

  /** Finds the route of a request by its method and the path of its URL, percent-encoded. */
  match(method: string, path: string): Match<Target> | undefined {
    const values: string[] = [];
    const leaf = find(this.#root, method, segments(path), 0, values);
    if (leaf === undefined) return undefined;
    const { target, names } = leaf;
    // Bun's have no prototype.
    const params: Record<string, string> = Object.create(null);
    for (const [i, name] of names.entries()) params[name] = values[i] ?? "";
    return { target, params };
  }
}

function find<Target>(
  node: Node<Target>,
  method: string,
  path: readonly string[],
  at: number,
  values: string[],
): Leaf<Target> | undefined {
  if (at === path.length) return leafOf(node, method);
  const segment = path[at]!;
  const exact = node.exact.get(segment);
  const found = exact && find(exact, method, path, at + 1, values);
  if (found !== undefined) return found;
  if (node.parameter !== undefined && segment !== "") {
    values.push(decode(segment));
    const found = find(node.parameter, method, path, at + 1, values);
    if (found !== undefined) return found;
    values.pop();
  }
  if (node.wildcards.size === 0) return undefined;
  let first: Leaf<Target> | undefined;
  for (const wildcard of node.wildcards.values()) {
    const leaf = leafOf(wildcard, method);
    if (leaf !== undefined && !(first !== undefined && first.place < leaf.place)) first = leaf;
  }
  return first;
}

function childOf<Target>(children: Map<string, Node<Target>>, segment: string): Node<Target> {
  let child = children.get(segment);
  if (child === undefined) children.set(segment, child = makeNode());
  return child;
}

function leafOf<Target>(node: Node<Target>, method: string): Leaf<Target> | undefined {
  // HEAD takes the route of GET.
  const leaf = node.methods.get(method) ??
    (method === "HEAD" ? node.methods.get("GET") : undefined);
  return leaf ?? node.any;
}

function makeNode<Target>(): Node<Target> {
  return {
    exact: new Map(),
    parameter: undefined,
    wildcards: new Map(),
    methods: new Map(),
    any: undefined,
  };
}

/**
 * The names of a path's parameters: the text after the last colon of a segment. Bun counts a segment that
 * only has a colon within, and does not count a parameter without a name.
 */
function namesOf(path: string): string[] {
  return segments(path)
    .filter((segment) => segment.includes(":"))
    .map((segment) => segment.slice(segment.lastIndexOf(":") + 1))
    .filter((name) => name !== "");
}

function segments(path: string): string[] {
  return path.slice(1).split("/");
}

/** Matches escapes of bytes, and `%` that begins none, with what Bun takes for its two digits. */
const ESCAPES = /(?:%[0-9A-Fa-f]{2})+|%(?:[^]{2})?/g;
/** Matches the escapes of half a surrogate pair, which Bun takes for one invalid character. */
const HALF_PAIR = /%ED%[AB][0-9A-F]%[89AB][0-9A-F]/gi;

/** Percent-decodes a value. Invalid escapes, and bytes that are no UTF-8, become U+FFFD. */
function decode(value: string): string {
  if (!value.includes("%")) return value;
  return value.replace(ESCAPES, (escapes) => {
    if (!/^%[0-9A-Fa-f]{2}/.test(escapes)) return "\ufffd";
    try {
      return decodeURIComponent(escapes);
    } catch {
      const bytes = escapes.replace(HALF_PAIR, "%FF").slice(1).split("%");
      return new TextDecoder().decode(Uint8Array.from(bytes, (hex) => parseInt(hex, 16)));
    }
  });
}

/** The path of a URL, in its percent-encoded form. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}
