/**
 * Hides that an object of the runtime's is one of a subclass.
 *
 * @module
 */

/** Lets `constructor` of a subclass's objects be that of its superclass. */
export function hideClass({ prototype }: { readonly prototype: object }): void {
  Reflect.deleteProperty(prototype, "constructor");
}
