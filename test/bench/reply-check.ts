/** Checks replies of one server, which are all to be as the first one was. */

/** What every good reply begins with, but for what comes before its status. */
const STATUS = /^(?:Status:|HTTP\/1\.[01]) 200 /;
const END_OF_HEAD = "\r\n\r\n";
const LINE_FEED = 10;

/** Takes one reply after the other, each in pieces. */
export class ReplyCheck {
  readonly #expected: number;
  /** Of the first reply: what it began with, the bytes of its head, and whether its body was chunked. */
  #beginning: Uint8Array | undefined;
  #head = 0;
  #chunked = false;
  /** Bytes of the reply's body so far, without the framing of chunks. */
  #body = 0;
  #begun = false;
  /** Bytes of the chunk that are still to come, with the end of its line. */
  #left = 0;
  #size = 0;
  #ended = false;

  /** Expects so many bytes of body. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** Takes some bytes of the reply; the head comes whole. */
  push(piece: Uint8Array, count: number): void {
    let at = 0;
    if (!this.#begun) {
      this.#begun = true;
      if (this.#beginning === undefined) this.#learn(piece.subarray(0, count));
      at = this.#head;
      this.#checkHead(piece, count);
    }
    if (this.#chunked) this.#decode(piece, at, count);
    else this.#body += count - at;
  }

  /** The reply has ended; throws where it is another than expected. */
  end(): void {
    const body = this.#body;
    const whole = this.#begun && (!this.#chunked || this.#ended && this.#left === 0);
    this.#body = this.#left = this.#size = 0;
    this.#begun = this.#ended = false;
    if (!whole) throw new Error(`The reply broke off after ${body} bytes of body`);
    if (body !== this.#expected) throw new Error(`${body} bytes of body, not ${this.#expected}`);
  }

  #learn(piece: Uint8Array): void {
    const text = Buffer.from(piece.subarray(0, 4096)).toString("latin1");
    const status = STATUS.exec(text);
    const end = text.indexOf(END_OF_HEAD);
    if (status === null || end < 0) throw new Error(`No status 200 in ${text}`);
    this.#beginning = piece.slice(0, status[0].length);
    this.#head = end + END_OF_HEAD.length;
    this.#chunked = /^transfer-encoding: chunked\r$/im.test(text.slice(0, end + 2));
  }

  #checkHead(piece: Uint8Array, count: number): void {
    const beginning = this.#beginning!;
    if (count < this.#head) throw new Error(`The head ended after ${count} bytes`);
    for (let index = 0; index < beginning.length; index++) {
      if (piece[index] !== beginning[index]) throw new Error("Another status");
    }
    for (let index = 1; index <= END_OF_HEAD.length; index++) {
      if (piece[this.#head - index] !== END_OF_HEAD.charCodeAt(END_OF_HEAD.length - index)) {
        throw new Error("Another head");
      }
    }
  }

  /** Goes from the line of one chunk to that of the next. */
  #decode(piece: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to;) {
      if (this.#left > 0) {
        const count = Math.min(this.#left, to - at);
        this.#left -= count;
        at += count;
        continue;
      }
      const byte = piece[at++]!;
      if (byte === LINE_FEED) {
        if (this.#ended) throw new Error("Bytes after the last chunk");
        this.#ended = this.#size === 0;
        this.#body += this.#size;
        this.#left = this.#size + 2;
        this.#size = 0;
      } else if (byte > LINE_FEED && byte !== 13) {
        this.#size = this.#size * 16 + (byte < 58 ? byte - 48 : (byte | 32) - 87);
      }
    }
  }
}
