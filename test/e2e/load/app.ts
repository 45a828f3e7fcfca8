/** An app with event streams that tick when they are told to, and with streams that never end. */

const encoder = new TextEncoder();
const listeners = new Set<ReadableStreamDefaultController<Uint8Array>>();
/** Bytes that each endless stream has made, by its path. */
const made = new Map<string, number>();

const CHUNK_BYTES = 65_536;

/** Says `open` at once, and `tick` at each `/tick`. */
function events(): Response {
  let listener: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      listener = controller;
      listeners.add(listener);
      listener.enqueue(encoder.encode("data: open\n\n"));
    },
    cancel: () => void listeners.delete(listener),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Makes bytes as long as they are taken. */
function endless(path: string, headers: HeadersInit): Response {
  made.set(path, 0);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      made.set(path, made.get(path)! + CHUNK_BYTES);
      controller.enqueue(new Uint8Array(CHUNK_BYTES));
    },
  });
  return new Response(body, { headers });
}

export default {
  fetch(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/events") return events();
    if (pathname === "/tick") {
      for (const listener of listeners) listener.enqueue(encoder.encode("data: tick\n\n"));
      return Response.json(listeners.size);
    }
    if (pathname === "/made") return Response.json(made.get(searchParams.get("path")!) ?? 0);
    return endless(pathname, Object.fromEntries(searchParams));
  },
};
