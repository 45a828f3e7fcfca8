/** What the first response of a server waits for. */

import { expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryFolder } from "../support/address.ts";
import { spawnScript } from "../support/server.ts";

test("Deno loads its timers and its Buffer behind the first responses", async () => {
  const script = ["test/server/apps/first-response.ts", join(temporaryFolder(), "app.sock")];
  const child = spawnScript("deno", script);
  expect([await child.exited, child.stderr]).toEqual([0, ""]);
  const { replies, first } = JSON.parse(child.stdout);
  expect(replies).toEqual([
    expect.stringMatching(/^Status: 200 OK\r\n[^]*\r\ncontent-length: 13\r\n\r\nHello Wörld\n$/),
    expect.stringMatching(
      /^Status: 200 OK\r\n[^]*\r\ncontent-length: 17\r\n\r\n\{"hello":"World"\}$/,
    ),
  ]);
  expect(first).toEqual([]);
});
