/**
 * The routes of a server, and which of them a request takes: the most specific one, segment by
 * segment, as Bun's documentation has it.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

/** The route that a request takes, and the values of its parameters. */
export interface Match<Target> {
  readonly target: Target;
  readonly params: Record<string, string>;
}

/** What is at the end of a path. */
interface Leaf<Target> {
  readonly target: Target;
  /** Names of its parameters, from left to right. */
  readonly names: readonly string[];
}

/** One segment of a path; what is below it, the most specific first: exact, parameter, wildcard. */
interface Node<Target> {
  readonly exact: Map<string, Node<Target>>;
  parameter: Node<Target> | undefined;
  wildcard: Node<Target> | undefined;
  readonly methods: Map<string, Leaf<Target>>;
  /** For every method that is not named. */
  any: Leaf<Target> | undefined;
}

/** A table of routes. */
export class Routes<Target> {
  readonly #root: Node<Target> = makeNode();

  /**
   * Adds a route. `:name` stands for one segment, and `*` at the end for all that is left.
   *
   * @param method The method that it is for; every one that has no route of its own unless given.
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

  /** The route of a request, by its method and the path of its URL as it stands there. */
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
  // HEAD is what GET would be, without its body.
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

/** A percent-decoded value; what is no UTF-8 becomes U+FFFD. */
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
