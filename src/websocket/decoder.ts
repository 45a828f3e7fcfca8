/**
 * Decodes the frames of a client into messages and control frames: bytes in, calls of a sink out.
 * The decoder is sans-I/O: it reads no socket and awaits nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5
 * @module
 */

import { Buffer, isUtf8 } from "node:buffer";
import { latin1 } from "../scgi/latin1.ts";
import { type Failure, INVALID_PAYLOAD, PROTOCOL_ERROR, TOO_BIG } from "./close-code.ts";
import { BINARY, CLOSE, CONTINUATION, type Opcode, type PING, PONG, TEXT } from "./frame.ts";
import { unmask } from "./mask.ts";
import { Payload } from "./payload.ts";
import { LARGE } from "./room.ts";
import { Utf8Checker, utf8Text } from "./utf8.ts";

/** Takes the messages and control frames of a {@linkcode FrameDecoder}, in the order of the bytes. */
export interface FrameSink {
  /** A whole message: text, or bytes in an `ArrayBuffer` of their own. */
  receiveMessage(data: string | ArrayBuffer): void;
  /** A close frame, ping or pong; its payload is a copy. */
  receiveControl(opcode: typeof CLOSE | typeof PING | typeof PONG, payload: Uint8Array): void;
  /** Inflates a compressed message, or says why it cannot. */
  inflate(payload: Uint8Array, maxLength: number): Uint8Array | Failure;
  /** The bytes are invalid, or a message is too long. No call follows. */
  fail(closeCode: number, reason: string): void;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
const FIN = 0x80, RSV1 = 0x40, RSV2 = 0x20, RSV3 = 0x10, MASK = 0x80;
const MAX_CONTROL_LENGTH = 125;
/** The first byte of messages of one frame that are not compressed. */
const WHOLE_TEXT = FIN | TEXT, WHOLE_BINARY = FIN | BINARY;

/**
 * Decodes the frames of one connection, however their bytes are split. Invalid bytes are found as
 * soon as they arrive: a text that is not UTF-8 at its first invalid byte, a message that is too
 * long by the head of its frame.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  readonly #maxLength: number;
  readonly #inflates: boolean;
  #stopped = false;

  /** The head of the frame: its number of bytes so far, and in all. */
  #headBytes = 0;
  #headLength = 2;
  #opcode: Opcode = CONTINUATION;
  #final = false;
  #length = 0;
  #key = 0;
  /** Number of bytes of the frame's payload that have arrived; -1 inside a head. */
  #arrived = -1;

  /** The message: its opcode, 0 between messages. */
  #message: typeof TEXT | typeof BINARY | 0 = 0;
  #compressed = false;
  /** Length of its frames, this one included. */
  #messageLength = 0;
  #payload: Payload | undefined;
  #utf8: Utf8Checker | undefined;
  #ascii = true;
  #control: Uint8Array = NO_BYTES;

  /**
   * @param maxLength The maximum length of a message in bytes, before and after inflating.
   * @param inflates Whether `permessage-deflate` was negotiated.
   */
  constructor(sink: FrameSink, maxLength: number, inflates: boolean) {
    this.#sink = sink;
    this.#maxLength = maxLength;
    this.#inflates = inflates;
  }

  /** Ignores all bytes from now on. */
  stop(): void {
    this.#stopped = true;
    this.#payload = undefined;
  }

  /** Decodes the next bytes, and unmasks payloads in their place. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      if (this.#arrived >= 0) {
        at = this.#pushPayload(bytes, at);
      } else {
        const end = this.#headBytes === 0 ? this.#wholeMessage(bytes, at) : at;
        if (end === at) this.#pushHead(bytes[at++]!);
        else at = end;
      }
    }
  }

  /**
   * Decodes a message of one frame that is there in whole, as most are.
   *
   * @returns where the frame ends; where it begins if it is another, and was not decoded.
   */
  #wholeMessage(bytes: Uint8Array, at: number): number {
    const first = bytes[at]!, second = bytes[at + 1]!;
    if (first !== WHOLE_TEXT && first !== WHOLE_BINARY) return at;
    // Of lengths over 65535 the head is not worth it.
    if (second < MASK || second === MASK + 127 || this.#message !== 0) return at;
    const long = second === MASK + 126;
    const from = at + (long ? 8 : 6);
    const length = long ? bytes[at + 2]! << 8 | bytes[at + 3]! : second - MASK;
    const to = from + length;
    if (!(to <= bytes.length) || length > this.#maxLength) return at;
    if (length >= LARGE && first === WHOLE_TEXT) return at;
    const key = bytes[from - 4]! << 24 | bytes[from - 3]! << 16 | bytes[from - 2]! << 8 |
      bytes[from - 1]!;
    const ascii = unmask(bytes, from, to, key, 0);
    if (first === WHOLE_BINARY) {
      this.#sink.receiveMessage(copy(bytes, from, to));
    } else if (ascii) {
      this.#sink.receiveMessage(latin1(bytes, from, to));
    } else {
      this.#compressed = false;
      this.#deliver(TEXT, bytes.subarray(from, to));
    }
    return to;
  }

  #pushHead(byte: number): void {
    const index = this.#headBytes++;
    if (index === 0) {
      this.#first(byte);
      return;
    }
    if (index === 1) {
      this.#second(byte);
    } else if (index < this.#headLength - 4) {
      this.#length = this.#length * 256 + byte;
      if (index === 2 && this.#headLength === 14 && byte >= 0x80) {
        this.#fail(PROTOCOL_ERROR, "The length of a frame has its highest bit set");
      } else if (index === this.#headLength - 5) {
        this.#checkLength();
      }
    } else {
      this.#key = this.#key << 8 | byte;
    }
    if (this.#headBytes === this.#headLength) this.#begin();
  }

  /** FIN, RSV1 to RSV3 and the opcode. */
  #first(byte: number): void {
    const opcode = byte & 0x0f;
    this.#final = (byte & FIN) !== 0;
    if ((byte & (RSV2 | RSV3)) !== 0) {
      return this.#fail(PROTOCOL_ERROR, "A frame has RSV2 or RSV3 set, which nothing negotiated");
    }
    if ((byte & RSV1) !== 0 && (!this.#inflates || !isData(opcode))) {
      return this.#fail(
        PROTOCOL_ERROR,
        !this.#inflates
          ? "A frame has RSV1 set, but permessage-deflate was not negotiated"
          : "RSV1 is set on a frame other than the first of a message",
      );
    }
    if (opcode >= CLOSE) {
      if (opcode > PONG) return this.#unknown(opcode);
      if (!this.#final) return this.#fail(PROTOCOL_ERROR, "A control frame is fragmented");
    } else if (opcode === CONTINUATION) {
      if (this.#message === 0) {
        return this.#fail(PROTOCOL_ERROR, "A continuation frame belongs to no message");
      }
    } else {
      if (!isData(opcode)) return this.#unknown(opcode);
      if (this.#message !== 0) {
        return this.#fail(PROTOCOL_ERROR, "A message begins inside a fragmented message");
      }
      this.#message = opcode as typeof TEXT | typeof BINARY;
      this.#compressed = (byte & RSV1) !== 0;
      this.#messageLength = 0;
      this.#ascii = true;
    }
    this.#opcode = opcode as Opcode;
  }

  /** MASK and the length, or how many bytes of it follow. */
  #second(byte: number): void {
    if ((byte & MASK) === 0) {
      return this.#fail(PROTOCOL_ERROR, "A frame of the client is not masked");
    }
    const length = byte & 0x7f;
    if (length > MAX_CONTROL_LENGTH && this.#opcode >= CLOSE) {
      return this.#fail(PROTOCOL_ERROR, "A control frame is longer than 125 bytes");
    }
    this.#headLength = length < 126 ? 6 : length === 126 ? 8 : 14;
    this.#length = length < 126 ? length : 0;
    this.#key = 0;
    if (length < 126) this.#checkLength();
  }

  #checkLength(): void {
    if (this.#opcode >= CLOSE) return;
    this.#messageLength += this.#length;
    if (this.#messageLength > this.#maxLength) {
      this.#fail(TOO_BIG, `A message is longer than ${this.#maxLength} bytes`);
    }
  }

  /** The head is whole. */
  #begin(): void {
    this.#headBytes = 0;
    this.#headLength = 2;
    if (this.#stopped) return;
    this.#arrived = 0;
    if (this.#length > 0) return;
    if (this.#opcode >= CLOSE) this.#control = NO_BYTES;
    this.#end();
  }

  #pushPayload(bytes: Uint8Array, at: number): number {
    const to = Math.min(bytes.length, at + this.#length - this.#arrived);
    const ascii = unmask(bytes, at, to, this.#key, this.#arrived);
    const whole = this.#arrived === 0 && to - at === this.#length;
    this.#arrived += to - at;
    if (this.#opcode >= CLOSE) {
      if (this.#arrived === to - at) this.#control = new Uint8Array(this.#length);
      this.#control.set(bytes.subarray(at, to), this.#arrived - (to - at));
    } else if (whole && this.#final && this.#payload === undefined && !this.#isLargeText()) {
      this.#arrived = -1;
      this.#messageInOnePiece(bytes, at, to, ascii);
      return to;
    } else {
      this.#gather(at === 0 && to === bytes.length ? bytes : bytes.subarray(at, to), ascii);
    }
    if (this.#arrived === this.#length && !this.#stopped) this.#end();
    return to;
  }

  /** A large text is decoded out of memory that is placed for that: Bun takes a fourth of the time. */
  #isLargeText(): boolean {
    return this.#length >= LARGE && this.#message === TEXT;
  }

  /** A message that arrived at once, as most do. */
  #messageInOnePiece(bytes: Uint8Array, from: number, to: number, ascii: boolean): void {
    const opcode = this.#message;
    this.#message = 0;
    if (opcode === TEXT && ascii && !this.#compressed) {
      this.#sink.receiveMessage(latin1(bytes, from, to));
    } else if (opcode === BINARY && !this.#compressed) {
      this.#sink.receiveMessage(copy(bytes, from, to));
    } else {
      this.#deliver(opcode, bytes.subarray(from, to));
    }
  }

  #gather(piece: Uint8Array, ascii: boolean): void {
    this.#payload ??= new Payload(this.#message === TEXT || this.#compressed);
    this.#payload.add(piece, this.#final ? this.#messageLength : undefined);
    if (this.#message !== TEXT || this.#compressed) return;
    if (ascii && (this.#ascii || this.#utf8!.complete)) return;
    this.#ascii = false;
    this.#utf8 ??= new Utf8Checker();
    if (!this.#utf8.push(piece)) this.#notUtf8();
  }

  /** The frame is whole. */
  #end(): void {
    this.#arrived = -1;
    const opcode = this.#opcode;
    if (opcode >= CLOSE) {
      const payload = this.#control;
      this.#control = NO_BYTES;
      this.#sink.receiveControl(opcode as typeof CLOSE, payload);
      return;
    }
    if (!this.#final) return;
    const kind = this.#message;
    const payload = this.#payload ?? new Payload(false);
    const complete = this.#utf8?.complete ?? true;
    this.#message = 0;
    this.#payload = undefined;
    if (!complete) return this.#notUtf8();
    this.#deliver(kind, payload.bytes(), payload);
  }

  /** @param own The payload in memory of its own, checked where it is plain text. */
  #deliver(kind: number, payload: Uint8Array, own?: Payload): void {
    let bytes = payload, mine = own !== undefined, checked = mine;
    if (this.#compressed) {
      const inflated = this.#sink.inflate(payload, this.#maxLength);
      if ("closeCode" in inflated) return this.#fail(inflated.closeCode, inflated.reason);
      [bytes, mine, checked] = [inflated, true, false];
    }
    if (kind === BINARY) {
      const exact = mine && bytes.byteLength === bytes.buffer.byteLength;
      const data = exact ? bytes.buffer as ArrayBuffer : copy(bytes, 0, bytes.length);
      own?.release();
      this.#sink.receiveMessage(data);
    } else if (checked || isUtf8(bytes)) {
      const text = checked && this.#ascii ? latin1(bytes) : utf8Text(bytes);
      // The app may send the text at once, for which its memory serves again.
      own?.release();
      this.#sink.receiveMessage(text);
    } else {
      this.#notUtf8();
    }
  }

  #unknown(opcode: number): void {
    this.#fail(PROTOCOL_ERROR, `A frame has the unknown opcode ${opcode}`);
  }

  #notUtf8(): void {
    this.#fail(INVALID_PAYLOAD, "A text message is not UTF-8");
  }

  #fail(closeCode: number, reason: string): void {
    if (this.#stopped) return;
    this.stop();
    this.#sink.fail(closeCode, reason);
  }
}

/** Whether an opcode begins a message. */
function isData(opcode: number): boolean {
  return opcode === TEXT || opcode === BINARY;
}

function copy(bytes: Uint8Array, from: number, to: number): ArrayBuffer {
  const length = to - from;
  // Memory that is not cleared, where that is more than a call.
  const copied = length < LARGE ? new Uint8Array(length) : Buffer.allocUnsafeSlow(length);
  copied.set(bytes.subarray(from, to));
  return copied.buffer as ArrayBuffer;
}
