/** The line about a transfer. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatProgress } from "../../src/cli/progress.ts";

test("a line says what has passed, of how much, and how fast", () => {
  const MiB = 1024 * 1024;
  const lines = [
    formatProgress({ sent: 0, received: 0 }, 1000),
    formatProgress({ sent: 512, received: 0 }, 2000),
    formatProgress({ sent: 0, received: 1536 }, 1000),
    formatProgress({ sent: 5 * MiB, toSend: 20 * MiB, received: 0 }, 2000),
    formatProgress({ sent: MiB, received: MiB, toReceive: 1024 * MiB }, 1000),
  ];
  expect(lines).toEqual([
    "0 B/s",
    "sent 512 B, 256 B/s",
    "received 1.5 KiB, 1.5 KiB/s",
    "sent 5.0 MiB of 20.0 MiB, 2.5 MiB/s",
    "sent 1.0 MiB, received 1.0 MiB of 1.0 GiB, 2.0 MiB/s",
  ]);
});

test("a size is rounded to a tenth of its unit, and needs no more than four digits before it", () => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const near = fc.tuple(fc.nat(4), fc.integer({ min: -60, max: 60 })).map(([unit, off]) =>
    Math.max(1, Math.round(1024 ** unit * (1 + off / 1e5)))
  );
  fc.assert(fc.property(fc.oneof(near, fc.integer({ min: 1, max: 1024 ** 5 - 1 })), (bytes) => {
    const [, number = "", unit = ""] =
      /^received (\d+(?:\.\d)?) (\w+), /.exec(formatProgress({ sent: 0, received: bytes }, 1)) ??
        [];
    const scale = 1024 ** units.indexOf(unit);
    expect(Math.abs(Number(number) * scale - bytes)).toBeLessThanOrEqual(scale * 0.0501);
    if (unit !== "TiB") expect(Number(number)).toBeLessThan(1024);
    if (unit !== "B") expect(Number(number)).toBeGreaterThanOrEqual(1);
  }));
});

test("the longest line is narrower than a terminal", () => {
  const long = 1023.94 * 1024 ** 4;
  const line = formatProgress({ sent: long, toSend: long, received: long, toReceive: long }, 2000);
  expect(line.length).toBeLessThan(80);
});
