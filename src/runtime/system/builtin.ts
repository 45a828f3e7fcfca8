/**
 * Modules of the runtime, loaded at their first use: an import would load them at the start, and bundlers
 * for Node fail at an import of Bun's.
 *
 * @module
 */

type Load = NodeJS.Process["getBuiltinModule"];

/** Loads a module by its name, at once. */
export const builtin: Load = ((name: string) => globalThis.process.getBuiltinModule(name)) as Load;
