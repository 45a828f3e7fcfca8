/** The bytes that a socket has not sent, and the end that waits for them. */

import { expect, test } from "bun:test";
import { SendQueue } from "../../src/transport/send-queue.ts";

/** A socket that notes how it was ended. */
class Ends {
  readonly queue = new SendQueue();
  readonly calls: string[] = [];
  readonly events = {
    data: () => false,
    end() {},
    drain: () => void this.calls.push("drain"),
    close() {},
  };

  shutdown(): void {
    if (this.queue.finish("shutdown")) this.calls.push("shutdown");
  }

  end(): void {
    if (this.queue.finish("end")) this.calls.push("end");
  }

  drained(): void {
    this.queue.drained(this, this.events);
  }
}

test("the end waits for the last chunk, and comes once", () => {
  const socket = new Ends();
  socket.queue.push(new Uint8Array(3));
  socket.end();
  expect(socket.calls).toEqual([]);
  socket.queue.sent(3);
  // As the callbacks of several writes report it.
  socket.drained();
  socket.drained();
  expect(socket.calls).toEqual(["drain", "end", "drain"]);
});

test("the end of an empty queue is at once, and no drain repeats it", () => {
  const socket = new Ends();
  socket.end();
  socket.drained();
  socket.drained();
  expect(socket.calls).toEqual(["end", "drain", "drain"]);
});

test("a shutdown may become an end", () => {
  const socket = new Ends();
  socket.queue.push(new Uint8Array(1));
  socket.shutdown();
  socket.end();
  socket.queue.sent(1);
  socket.drained();
  expect(socket.calls).toEqual(["drain", "end"]);
});

test("a text is sent part by part, as bytes are", () => {
  const queue = new SendQueue<Uint8Array | string>();
  queue.push("hello");
  queue.push(new Uint8Array(2));
  expect(queue.bytes).toBe(7);
  queue.sent(2);
  expect(queue.first).toBe("llo");
  queue.sent(3);
  expect([queue.first.length, queue.bytes]).toEqual([2, 2]);
});
