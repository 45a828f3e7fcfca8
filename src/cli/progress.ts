/**
 * The line on a terminal that says how far a long transfer is.
 *
 * @module
 */

/** What has passed so far, in bytes. */
export interface Transfer {
  sent: number;
  /** How much there is to send, where that is known. */
  toSend?: number | undefined;
  received: number;
  /** How much there is to receive, where that is known. */
  toReceive?: number | undefined;
}

/** A transfer is long when it lasts longer than this. */
const LONG_MS = 1000;
const EVERY_MS = 200;
/** Takes the line away from the terminal. */
const CLEAR = "\r\x1b[K";
/** Columns of a terminal that does not say how many it has. */
const COLUMNS = 80;

/** Where the line is shown. */
export interface Terminal {
  readonly columns: number;
  write(text: string): unknown;
}

/** The line about a transfer that has lasted for so many milliseconds. */
export function formatProgress(transfer: Transfer, ms: number): string {
  const { sent, toSend, received, toReceive } = transfer;
  const parts = [
    ...(sent > 0 ? [`sent ${part(sent, toSend)}`] : []),
    ...(received > 0 ? [`received ${part(received, toReceive)}`] : []),
    `${size((sent + received) * 1000 / Math.max(ms, 1))}/s`,
  ];
  return parts.join(", ");
}

/** Shows a line about a transfer while it lasts, where it is long. */
export class Progress {
  /** What is counted. */
  readonly transfer: Transfer = { sent: 0, received: 0 };
  readonly #terminal: Terminal;
  readonly #begun: number = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #shown = false;

  /** Begins. */
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#timer = setInterval(() => this.#show(), EVERY_MS);
  }

  /** Ends, and leaves no trace on the terminal. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#shown) this.#terminal.write(CLEAR);
    this.#shown = false;
  }

  #show(): void {
    const ms = performance.now() - this.#begun;
    if (ms < LONG_MS) return;
    this.#shown = true;
    // A line that is wrapped could not be taken away.
    const room = (this.#terminal.columns || COLUMNS) - 1;
    this.#terminal.write(CLEAR + formatProgress(this.transfer, ms).slice(0, room));
  }
}

function part(bytes: number, of: number | undefined): string {
  return of === undefined ? size(bytes) : `${size(bytes)} of ${size(of)}`;
}

function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  const text = () => bytes.toFixed(unit === 0 ? 0 : 1);
  // What rounds to 1024 is 1.0 of the next.
  for (; Number(text()) >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return `${text()} ${units[unit]}`;
}
