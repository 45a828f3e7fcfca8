/**
 * The progress of a long transfer, in one line on a terminal.
 *
 * @module
 */

/** The bytes transferred so far. */
export interface Transfer {
  sent: number;
  /** The bytes to send, where their number is known. */
  toSend?: number | undefined;
  received: number;
  /** The bytes to receive, where their number is known. */
  toReceive?: number | undefined;
}

/** The time after which a transfer is long. */
const LONG_MS = 1000;
const EVERY_MS = 200;
/** Removes the line from the terminal. */
const CLEAR = "\r\x1b[K";
/** The width assumed for a terminal that does not report its own. */
const COLUMNS = 80;

/** The terminal that shows the line. */
export interface Terminal {
  readonly columns: number;
  write(text: string): unknown;
}

/** Formats the line about a transfer that has lasted for so many milliseconds. */
export function formatProgress(transfer: Transfer, ms: number): string {
  const { sent, toSend, received, toReceive } = transfer;
  const parts = [
    ...(sent > 0 ? [`sent ${part(sent, toSend)}`] : []),
    ...(received > 0 ? [`received ${part(received, toReceive)}`] : []),
    `${size((sent + received) * 1000 / Math.max(ms, 1))}/s`,
  ];
  return parts.join(", ");
}

/** Shows a line about a transfer that is long, until it ends. */
export class Progress {
  /** The counters, which the transfer updates. */
  readonly transfer: Transfer = { sent: 0, received: 0 };
  readonly #terminal: Terminal;
  readonly #begun: number = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #shown = false;

  /** Starts the clock. */
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#timer = setInterval(() => this.#show(), EVERY_MS);
  }

  /** Removes the line, if it is shown, and stops. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#shown) this.#terminal.write(CLEAR);
    this.#shown = false;
  }

  #show(): void {
    const ms = performance.now() - this.#begun;
    if (ms < LONG_MS) return;
    this.#shown = true;
    // A wrapped line could not be removed.
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
  // 1023.96 KiB rounds to 1024.0 KiB, which is shown as 1.0 MiB.
  for (; Number(text()) >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return `${text()} ${units[unit]}`;
}
