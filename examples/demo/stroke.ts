/** What a browser sends to the board. Anything can arrive here, so everything is checked. */

/** The board's size, in its own units. */
export const WIDTH = 1600;
export const HEIGHT = 1000;

/** The names of the inks; their colours are in the style sheet. */
export const INKS = ["Ink", "Teal", "Blue", "Amber", "Red"] as const;

/** The points that a stroke may have. */
export const MOST_POINTS = 32;

/** The longest message, in bytes: a stroke of `MOST_POINTS` points has fewer. */
export const MOST_BYTES = 512;

/** A piece of a line, as a pen draws it between two messages. */
export interface Stroke {
  /** Index of the ink. */
  readonly ink: number;
  /** Whether the pen was put down here. */
  readonly begins: boolean;
  /** x, y, x, y, …: whole numbers on the board. */
  readonly points: number[];
}

/** Reads a message: a stroke, `"wipe"`, or undefined where it is neither. */
export function readMessage(data: unknown): Stroke | "wipe" | undefined {
  if (typeof data !== "string") return undefined;
  const value = parse(data);
  if (value === "wipe") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const { ink, begins, points } = value as Record<string, unknown>;
  if (!isWithin(ink, INKS.length - 1) || typeof begins !== "boolean" || !isPath(points)) {
    return undefined;
  }
  return { ink, begins, points };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPath(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.length % 2 === 0 &&
    value.length <= 2 * MOST_POINTS &&
    value.every((number, i) => isWithin(number, i % 2 === 0 ? WIDTH : HEIGHT));
}

function isWithin(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
