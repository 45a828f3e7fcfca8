/** The line about a transfer. */

import { expect, test } from "bun:test";
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
