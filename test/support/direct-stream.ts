/** A direct stream of Bun, which writes to its reader itself. */

/** A direct stream that writes one text, and ends. */
export function directStream(text: string): ReadableStream {
  return new ReadableStream({
    type: "direct",
    pull(controller: { write(text: string): void; close(): void }) {
      controller.write(text);
      controller.close();
    },
  } as unknown as UnderlyingDefaultSource);
}
