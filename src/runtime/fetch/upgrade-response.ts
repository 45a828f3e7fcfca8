/**
 * Responses of status 101, which no constructor makes on Deno and Node.
 *
 * @module
 */

const made: WeakSet<object> = new WeakSet();

/** A Response whose status reads 101, with these fields and no body. */
export function upgradeResponse(
  fields: readonly (readonly [name: string, value: string])[],
): Response {
  const response = new Response(null, { headers: fields as [string, string][] });
  made.add(response);
  const own = (value: unknown) => ({ value, configurable: true });
  return Object.defineProperties(response, {
    status: own(101),
    statusText: own("Switching Protocols"),
    ok: own(false),
  });
}

/**
 * The initializer of a copy of such a Response, as in `new Response(old.body, old)`, which the
 * runtime's constructor accepts; undefined for any other initializer.
 */
export function copyOfUpgrade(init: unknown): ResponseInit | undefined {
  if (typeof init !== "object" || init === null || !made.has(init)) return undefined;
  return { headers: (init as Response).headers };
}
