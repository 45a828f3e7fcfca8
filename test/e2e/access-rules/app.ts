/** Tells the path and query of the URL that it is asked for. Runs on every runtime, behind every server. */

export function fetch({ url }: Request): Response {
  const { pathname, search } = new URL(url);
  return new Response(pathname + search);
}

export default { fetch };
