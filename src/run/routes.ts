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
  /** The names of the route's parameters, from left to right. */
  readonly names: readonly string[];
}

/** One segment of a path, and the segments below it: exact ones come first, a wildcard last. */
interface Node<Target> {
  readonly exact: Map<string, Node<Target>>;
  parameter: Node<Target> | undefined;
  wildcard: Node<Target> | undefined;
  readonly methods: Map<string, Leaf<Target>>;
  /** The route of every method that is not in `methods`. */
  any: Leaf<Target> | undefined;
}

/** A table of routes. */
export class Routes<Target> {
  readonly #root: Node<Target> = makeNode();

  /**
   * Adds a route. `:name` matches one segment, and `*` at the end matches the rest of the path.
   *
   * @param method The method of the route. Without it, the route is for every method that has no
   * route of its own.
   */
  add(path: string, target: Target, method?: string): void {
    const names: string[] = [];
    let node = this.#root;
    for (const segment of segments(path)) {
      if (segment.startsWith(":")) {
        names.push(segment.slice(1));
        node = node.parameter ??= makeNode();
      } else if (segment.startsWith("*")) {
        node = node.wildcard ??= makeNode();
      } else {
        let next = node.exact.get(segment);
        if (next === undefined) node.exact.set(segment, next = makeNode());
        node = next;
      }
    }
    const leaf = { target, names };
    if (method === undefined) node.any = leaf;
    else node.methods.set(method, leaf);
  }

  /** Finds the route of a request by its method and the path of its URL, percent-encoded. */
  match(method: string, path: string): Match<Target> | undefined {
    const values: string[] = [];
    const leaf = find(this.#root, method, segments(path), 0, values);
    if (leaf === undefined) return undefined;
    const { target, names } = leaf;
    return { target, params: Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
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
  return node.wildcard && leafOf(node.wildcard, method);
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
    wildcard: undefined,
    methods: new Map(),
    any: undefined,
  };
}

function segments(path: string): string[] {
  return path.slice(1).split("/");
}

/** Percent-decodes a value. Invalid UTF-8 becomes U+FFFD. */
function decode(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value.replace(/(?:%[0-9A-Fa-f]{2})+|%/g, (escapes) => {
      try {
        return decodeURIComponent(escapes);
      } catch {
        return "\ufffd";
      }
    });
  }
}
