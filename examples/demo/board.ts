/** The board that all visitors draw on: its lines, and the sockets that are told of them. */

import type { WebSocketEvents } from "scgi/hono";
import { readMessage, type Stroke } from "./stroke.ts";

/** The lines that the board keeps; the oldest make room. */
export const MOST_LINES = 500;
/** The points of a line; one that goes on is continued by another. */
const MOST_POINTS_OF_A_LINE = 64;
/** The sockets that are open at a time. */
const MOST_VISITORS = 100;
/** The messages of a visitor in a second. The page sends 40. */
const MOST_A_SECOND = 100;
/** A browser that takes nothing is let go when so many bytes wait for it. */
const MOST_WAITING = 1_048_576;

export interface Line {
  readonly ink: number;
  readonly points: number[];
}

export class Board {
  /** The lines by their number, the oldest first. */
  readonly lines: Map<number, Line> = new Map();
  readonly #visitors: Set<WebSocket> = new Set();
  #last = 0;

  /** Removes all lines. */
  wipe(): void {
    this.lines.clear();
    this.#tellAll({ lines: [] });
  }

  /** The events of a visitor's socket. */
  visitor(): WebSocketEvents {
    const pace = new Pace(MOST_A_SECOND);
    let line: number | undefined;
    return {
      onOpen: (_, { raw }) => {
        if (this.#visitors.size >= MOST_VISITORS) return raw.close(4503, "The board is full");
        this.#visitors.add(raw);
        const lines = [...this.lines].map(([id, kept]) => ({ id, ...kept }));
        send(raw, JSON.stringify({ lines }));
        this.#tellAll({ here: this.#visitors.size });
      },
      onMessage: ({ data }, { raw }) => {
        if (!pace.keeps()) return raw.close(4429, "That was too much at once");
        const message = readMessage(data);
        if (message === undefined) return raw.close(4400, "That was no stroke");
        if (message === "wipe") return this.wipe();
        line = this.#draw(message, line);
      },
      onClose: (_, { raw }) => {
        if (this.#visitors.delete(raw)) this.#tellAll({ here: this.#visitors.size });
      },
    };
  }

  /** Draws a stroke, and returns the number of the line that it ends. */
  #draw({ ink, begins, points }: Stroke, before: number | undefined): number {
    const line = begins || before === undefined ? undefined : this.lines.get(before);
    if (before !== undefined && line !== undefined && hasRoom(line, points)) {
      line.points.push(...points);
      this.#tellAll({ id: before, ink: line.ink, points });
      return before;
    }
    const id = this.#last += 1;
    // A line that is continued by another one leaves no gap.
    const joined = [...line?.points.slice(-2) ?? [], ...points];
    this.lines.set(id, { ink, points: joined });
    for (const oldest of this.lines.keys()) {
      if (this.lines.size <= MOST_LINES) break;
      this.lines.delete(oldest);
    }
    this.#tellAll({ id, ink, points: joined });
    return id;
  }

  #tellAll(news: unknown): void {
    const text = JSON.stringify(news);
    for (const visitor of this.#visitors) send(visitor, text);
  }
}

function hasRoom(line: Line, points: number[]): boolean {
  return line.points.length + points.length <= 2 * MOST_POINTS_OF_A_LINE;
}

function send(socket: WebSocket, text: string): void {
  if (socket.bufferedAmount > MOST_WAITING) socket.close(4008, "This page is too slow");
  else socket.send(text);
}

/** Counts what happens in a second. */
class Pace {
  readonly #most: number;
  #since = 0;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether one more is not too many. */
  keeps(): boolean {
    const now = performance.now();
    if (now - this.#since > 1000) [this.#since, this.#count] = [now, 0];
    this.#count += 1;
    return this.#count <= this.#most;
  }
}
