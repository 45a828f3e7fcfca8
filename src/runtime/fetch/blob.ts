/**
 * The properties of a Blob by the runtime's getters, which a subclass in the app may override.
 *
 * @module
 */

/** The size in bytes. That of a file of Bun may be wrong, and is kept by Bun once it was read. */
export function sizeOf(blob: Blob): number {
  return Reflect.get(Blob.prototype, "size", blob);
}

/** The type; empty where the Blob has none. */
export function typeOf(blob: Blob): string {
  return Reflect.get(Blob.prototype, "type", blob);
}
