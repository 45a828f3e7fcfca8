/**
 * Chunked uploads through Cherokee: CONTENT_LENGTH is 0, and the body follows all the same, piece by
 * piece as the browser sends it. Cherokee reads no reply before it has passed everything on, so a
 * connection that closes meanwhile costs the browser its reply.
 */

import { expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { describeTargets, type TestServer } from "../targets.ts";
import type { Peer } from "../client.ts";
import { readCapture } from "../../cgi/map-capture.ts";
import { eventually } from "../../support/eventually.ts";
import { accept, type Accepted } from "./accept.ts";

const MIB = 1048576;

/** The captured head of a chunked POST, and its body. */
const captured = Buffer.from(readCapture("cherokee-chunked.bin"));
const bodyAt = captured.length - 11;
const head = captured.subarray(0, bodyAt);

/** Passes an upload on as Cherokee does: the reply is read after the last piece. */
async function upload(
  server: TestServer,
  pieces: Iterable<Uint8Array>,
  ms: number,
  first: Uint8Array = head,
): Promise<Accepted> {
  const peer = await server.open();
  peer.pause();
  await peer.send(first);
  for (const piece of pieces) {
    if (ms > 0) await sleep(ms);
    await peer.send(piece);
  }
  peer.resume();
  expect(await peer.ended).toBe("end");
  peer.finish();
  await peer.closed;
  expect(peer.errors).toEqual([]);
  return accept(peer.received, "POST");
}

/** The same, later where a server without a turn of the processor has not read the head by then. */
async function uploadAfterHead(
  server: TestServer,
  pieces: readonly Uint8Array[],
  ms: number,
): Promise<Accepted> {
  const accepted = await upload(server, pieces, ms);
  return accepted.status === 400 && ms < 1000
    ? await uploadAfterHead(server, pieces, ms * 4)
    : accepted;
}

const TOLD = { method: "POST", url: "http://localhost:18200/c", body: "" };

/** Ways in which the pieces come when the reply has begun. */
const ways: [how: string, pieces: () => Uint8Array[], ms: number][] = [
  ["50 ms late", () => [captured.subarray(bodyAt)], 50],
  [
    "in two pieces, each 50 ms late",
    () => [captured.subarray(bodyAt, bodyAt + 5), captured.subarray(bodyAt + 5)],
    50,
  ],
  ["byte by byte", () => Array.from(captured.subarray(bodyAt), (byte) => Buffer.of(byte)), 10],
  ["with a mebibyte 50 ms late", () => [Buffer.alloc(MIB, "x")], 50],
  [
    "with 20 MiB, piece by piece",
    () => Array.from({ length: 20 }, () => Buffer.alloc(MIB, "x")),
    5,
  ],
];

for (const reply of ["told", "streamed"]) {
  const fixture = { module: "test/behaviour/replay/app.ts", args: ["--binding", `REPLY=${reply}`] };
  describeTargets(
    `a chunked upload through Cherokee, answered by "${reply}"`,
    fixture,
    (server) => {
      test.each([1, 11])(
        "is refused where %i bytes of its body come with its head",
        async (bytes) => {
          const first = captured.subarray(0, bodyAt + bytes);
          const { status, body } = await upload(
            server,
            [captured.subarray(bodyAt + bytes)],
            0,
            first,
          );
          expect([status, body]).toEqual([400, expect.stringMatching(/DEFLATE.*Cherokee.*411/)]);
        },
      );

      for (const [how, pieces, ms] of ways) {
        test(`${how} gets its reply`, async () => {
          const { status, body } = await uploadAfterHead(server, pieces(), ms);
          expect(status).toBe(200);
          if (reply === "told") expect(JSON.parse(body)).toEqual(TOLD);
          if (reply === "streamed") expect(body).toEndWith("x".repeat(100_000));
        });
      }
    },
  );
}

/** Whether the server has closed, and not only ended its side. */
async function isClosed(peer: Peer): Promise<boolean> {
  for (let turn = 0; turn < 3; turn++) {
    await peer.send("x");
    await sleep(20);
  }
  return peer.errors.length > 0;
}

const args = ["--binding", "REPLY=told", "--drain-timeout", "300", "--drain-bytes", "1000000"];
describeTargets(
  "what may follow a request",
  { module: "test/behaviour/replay/app.ts", args },
  (server) => {
    const replied = async (method: string, software: string) => {
      const variables = { SERVER_SOFTWARE: software };
      const peer = await server.begin("/", { method, variables });
      expect(await peer.ended).toBe("end");
      expect(accept(peer.received, method).status).toBe(200);
      return peer;
    };

    test.each(["POST", "PUT", "PATCH", "DELETE"])("%s from Cherokee is read", async (method) => {
      const peer = await replied(method, "Cherokee/1.2.104 (UNIX)");
      expect(await isClosed(peer)).toBe(false);
      peer.finish();
      await peer.closed;
      expect(peer.errors).toEqual([]);
    });

    test("is waited for no longer than drainTimeout", async () => {
      const peer = await replied("POST", "Cherokee");
      await eventually(async () => {
        await sleep(600);
        return await isClosed(peer);
      }, (closed) => closed);
      peer.leave();
    });

    test("is read up to drainBytes", async () => {
      const peer = await replied("POST", "Cherokee");
      expect(await peer.upload(50_000_000)).toBeLessThan(50_000_000);
      await peer.closed;
    });

    test.each([["GET", "Cherokee/1.2.104"], ["POST", "nginx/1.22.1"], ["POST", "lighttpd/1.4.69"]])(
      "%s from %s is nothing",
      async (method, software) => {
        const peer = await replied(method, software);
        expect(await isClosed(peer)).toBe(true);
        peer.leave();
      },
    );
  },
);
