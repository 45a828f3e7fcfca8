/**
 * The requests that Cherokee really sent, byte by byte over a socket, and replies of every kind as
 * Cherokee reads them: to the server's close, which alone tells it that a reply has ended.
 */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { captureNames, readCapture } from "../../cgi/map-capture.ts";
import { describeTargets, type TestServer } from "../targets.ts";
import { accept } from "./accept.ts";
import type { Told } from "./app.ts";

/** What test/cgi/captures.json says of a capture. */
interface Expected {
  method?: string;
  url?: string;
  body?: string;
  /** How many bytes follow the declared body. */
  surplus?: number;
  status?: number;
  bun?: { status: number };
}

const { requests } = JSON.parse(
  readFileSync(new URL("../../cgi/captures.json", import.meta.url), "utf8"),
) as { requests: Record<string, Expected> };
const captures = captureNames().filter((name) => name.startsWith("cherokee-"));

/** A kind of reply, and what comes of it where a handler is reached. */
type Kind = [name: string, status: number, body: (told: string) => string];

const kinds: Kind[] = [
  ["told", 200, (told) => told],
  ["streamed", 200, (told) => `${told}\n${"x".repeat(100_000)}`],
  ["declared", 200, (told) => told],
  ["empty", 204, () => ""],
  ["unchanged", 304, () => ""],
  ["redirect", 302, () => ""],
  ["created", 201, () => "made\n"],
  ["cookies", 200, () => "cookies"],
  ["hop-by-hop", 200, (told) => told],
  ["throws", 500, () => "Internal Server Error\n"],
];

/** Sends a request as it was captured, and waits for the end of its reply as Cherokee does. */
async function replay(server: TestServer, bytes: Uint8Array): Promise<string> {
  const peer = await server.open();
  await peer.send(bytes);
  expect(await peer.ended).toBe("end");
  peer.finish();
  await peer.closed;
  expect(peer.errors).toEqual([]);
  return peer.received;
}

/** Sends one captured request to a server of one kind of reply, and checks what comes. */
async function check(server: TestServer, name: string, [, status, body]: Kind): Promise<void> {
  const entry = requests[name]!;
  const { method = "GET", url, body: sent = "" } = entry;
  const long = (entry.surplus ?? 0) > 0 ? 400 : undefined;
  const refusal = entry.status ?? long ??
    (server.runtime === "bun" ? entry.bun?.status : undefined);
  const reply = accept(await replay(server, readCapture(name)), method);
  expect([name, reply.status]).toEqual([name, refusal ?? status]);
  if (refusal !== undefined || method === "HEAD") return;
  const told: Told = { method, url: url!, body: sent };
  expect([name, reply.body]).toEqual([name, body(JSON.stringify(told))]);
}

for (const kind of kinds) {
  const [name] = kind;
  const fixture = { module: "test/behaviour/replay/app.ts", args: ["--binding", `REPLY=${name}`] };
  describeTargets(`Cherokee's requests, answered by "${name}"`, fixture, (server) => {
    if (kind === kinds[0]) {
      test.each(captures)("%s", (capture) => check(server, capture, kind));
    } else {
      test("get replies that it accepts", async () => {
        for (const capture of captures) await check(server, capture, kind);
      });
    }

    if (name !== "throws") {
      test("leave in the log what was refused, mended or lost", () => {
        const expected = /^Listening|METHOD_|HOST_|BODY_SURPLUS|RESPONSE_LENGTH/;
        const log = server.process.stderr().split("\n");
        expect(log.filter((line) => line !== "" && !expected.test(line))).toEqual([]);
      });
    }
  });
}
