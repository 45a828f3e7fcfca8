/** The socket of a call in straight code, by each runtime: it sends a head, and reads the reply to the end. */

import { connect } from "node:net";
import process from "node:process";

/** Sends a head; gives what is made of the whole reply, whose memory is used again. */
type Ask = <Result>(head: Uint8Array, take: (reply: Bytes) => Result) => Promise<Result>;

/** Memory that no other thread has. */
type Bytes = Uint8Array<ArrayBuffer>;

/** The part of Bun that is used; Deno's type checker does not know it. */
interface BunSocket {
  data: { pieces: Bytes[]; end(): void; reject(error: unknown): void };
  write(bytes: Uint8Array): number;
}

/** The part of Deno that is used; Bun's type checker does not know it. */
interface DenoSocket {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

const { Bun, Deno } = globalThis as unknown as {
  Bun?: { connect(options: object): Promise<void> };
  Deno?: { connect(options: object): Promise<DenoSocket> };
};
const unix = process.argv[2]!;

const EVENTS = {
  data: ({ data }: BunSocket, bytes: Bytes) => void data.pieces.push(bytes),
  close: ({ data }: BunSocket) => data.end(),
  error: ({ data }: BunSocket, error: unknown) => data.reject(error),
};

const askOnBun: Ask = (head, take) =>
  new Promise((resolve, reject) => {
    const pieces: Bytes[] = [];
    const end = () => resolve(take(joined(pieces)));
    const open = (socket: BunSocket) => void socket.write(head);
    const socket = { ...EVENTS, open };
    Bun!.connect({ unix, socket, data: { pieces, end, reject } }).catch(reject);
  });

/** Replies are shorter. */
const REPLY_BYTES = 16_384;
const pool: Bytes[] = [];

const askOnDeno: Ask = async (head, take) => {
  const socket = await Deno!.connect({ transport: "unix", path: unix });
  const buffer = pool.pop() ?? new Uint8Array(REPLY_BYTES);
  await socket.write(head);
  let length = 0;
  for (;;) {
    const count = await socket.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  socket.close();
  const result = take(buffer.subarray(0, length));
  pool.push(buffer);
  return result;
};

const askOnNode: Ask = (head, take) =>
  new Promise((resolve, reject) => {
    const pieces: Bytes[] = [];
    const socket = connect(unix, () => socket.write(head));
    socket.on("data", (bytes: Bytes) => pieces.push(bytes))
      .on("close", () => resolve(take(joined(pieces)))).on("error", reject);
  });

function joined(pieces: Bytes[]): Bytes {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** Asks as the runtime that runs this does it cheapest. */
export const ask: Ask = Bun !== undefined ? askOnBun : Deno !== undefined ? askOnDeno : askOnNode;
