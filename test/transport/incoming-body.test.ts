/** Bodies that arrive: what is kept of them while nobody reads. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { IncomingBody } from "../../src/transport/incoming-body.ts";

/** A body, and whether its sender is held back. */
function arriving(): { body: IncomingBody; held(): boolean } {
  let mode = "flow";
  const body = new IncomingBody({ length: 0, now: () => 1, read: (next) => mode = next });
  return { body, held: () => mode === "pause" };
}

test.each([1, 10, 4095, 4096, 65_536])("chunks of %d bytes hold their sender back", (size) => {
  const { body, held } = arriving();
  let sent = 0;
  for (; !held() && sent < 1_000_000; sent += size) body.push(new Uint8Array(size));
  expect(sent).toBeGreaterThan(180_000);
  expect(sent).toBeLessThan(400_000);
});

test("chunks of nothing but one byte come out as few", async () => {
  const { body } = arriving();
  for (let sent = 0; sent < 10_000; sent++) body.push(Uint8Array.of(sent));
  body.complete();
  let [chunks, bytes] = [0, 0];
  for await (const chunk of body.stream) {
    for (const byte of chunk) expect(byte).toBe(bytes++ % 256);
    chunks++;
  }
  expect(bytes).toBe(10_000);
  expect(chunks).toBeLessThan(10);
});

test("what is sent comes out in its order, however it is split and whenever it is read", async () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9000 }));
  const anySteps = fc.array(fc.oneof(size, fc.constant("read" as const)), { maxLength: 60 });
  await fc.assert(fc.asyncProperty(anySteps, async (steps) => {
    const { body } = arriving();
    const reader = body.stream.getReader();
    const [sent, read]: [number[], number[]] = [[], []];
    const reads: Promise<unknown>[] = [];
    for (const step of steps) {
      if (step === "read") {
        reads.push(reader.read().then(({ value }) => read.push(...value ?? [])));
        await null;
      } else {
        const chunk = Uint8Array.from({ length: step }, (_, i) => (sent.length + i) % 251);
        sent.push(...chunk);
        body.push(chunk);
      }
    }
    body.complete();
    await Promise.all(reads);
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      read.push(...next.value);
    }
    expect(read).toEqual(sent);
  }));
});

/** A body of a length, of which bytes come in so many chunks while it is read. */
function lent(length: number, byte: number, chunk: number) {
  const body = new IncomingBody({ length, now: () => 1, read() {} });
  const memory: ArrayBufferLike[] = [];
  const result = body.lend((bytes) => {
    memory.push(bytes.buffer);
    return [bytes.length, bytes.every((at) => at === byte)];
  });
  for (let sent = 0; sent < length; sent += chunk) {
    body.push(new Uint8Array(Math.min(chunk, length - sent)).fill(byte));
  }
  body.complete();
  return { result, memory };
}

test.each([
  ["shorter than the memory", 100_000],
  ["as long as the memory", 1_048_576],
  ["longer", 3_000_000],
])("a body that is lent is whole: %s", async (_, length) => {
  expect(await lent(length, 1, 65_536).result).toEqual([length, true]);
  // Memory that was used before does not show.
  expect(await lent(length - 70_000, 2, 9999).result).toEqual([length - 70_000, true]);
});

test("bodies that are lent at the same time have memory of their own, and later ones use it again", async () => {
  const bodies = [1, 2, 3].map((byte) => lent(200_000, byte, 1000));
  for (const { result } of bodies) expect(await result).toEqual([200_000, true]);
  const memory = bodies.map((body) => body.memory[0]!);
  expect(new Set(memory).size).toBe(3);
  const later = lent(200_000, 4, 1000);
  expect(await later.result).toEqual([200_000, true]);
  expect(memory).toContain(later.memory[0]!);
});

test("a body that is lent rejects with what its reader throws, and where the body fails", async () => {
  const thrown = new IncomingBody({ length: 70_000, now: () => 1, read() {} });
  const result = thrown.lend(() => {
    throw new SyntaxError("no JSON");
  });
  thrown.push(new Uint8Array(70_000));
  thrown.complete();
  await expect(result).rejects.toThrow("no JSON");
  const failed = new IncomingBody({ length: 70_000, now: () => 1, read() {} });
  const read = failed.lend(() => "read");
  failed.push(new Uint8Array(10));
  failed.fail(new Error("the client has left"));
  await expect(read).rejects.toThrow("the client has left");
});
