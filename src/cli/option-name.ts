/**
 * The names of options as flags.
 *
 * @module
 */

/** The name of the flag for an option: `send-file` for `sendFile`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A message about an option, which begins with its name, as one about the flag. */
export function aboutFlag(message: string): string {
  return message.replace(/^[a-z]\w*/, (name) => `--${kebab(name)}`);
}
