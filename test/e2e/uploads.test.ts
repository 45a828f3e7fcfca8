/** Request bodies through the web servers: whole, while they arrive, and refused half way. */

import { expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { parseReply, RawConnection, type RawReply } from "../support/raw-http.ts";
import { describeStacks } from "../support/stack.ts";
import type { Mirror } from "./app.ts";
import { client } from "./client.ts";
import { features } from "./feature.ts";

const module = "test/e2e/app.ts";
const MiB = 1024 * 1024;

describeStacks("Uploads", { module }, (stack, on) => {
  const { ask, seen } = client(stack);
  const feature = features(on);

  feature("Uploads of 32 MiB, byte by byte", "of 32 MiB arrive byte by byte", async () => {
    const body = randomBytes(32 * MiB);
    const reply = await ask("/hash/put", { method: "PUT", body });
    expect(await reply.json()).toEqual({ bytes: body.length, sha256: sha256(body) });
  });

  feature(
    "Uploads of unknown length (chunked)",
    "of unknown length arrive whole",
    async () => {
      const reply = await ask("/", { method: "POST", body: trickle("one ", "two ", "three") });
      const mirror: Mirror = await reply.json();
      expect(mirror.headers["transfer-encoding"]).toBeUndefined();
      expect(mirror.headers["content-length"]).toBe("13");
      expect(mirror.body).toBe("one two three");
    },
    on.web === "apache" && {
      does: "answers 411",
      test: async () => {
        const reply = await ask("/", { method: "POST", body: trickle("one ", "two ", "three") });
        expect(reply.status).toBe(411);
      },
    },
  );

  /** Resolves when the app has answered an upload: what the web server had before has come too. */
  const laterUpload = async () => {
    const body = randomBytes(MiB);
    const reply = await ask("/hash/later", { method: "PUT", body });
    expect(await reply.json()).toEqual({ bytes: body.length, sha256: sha256(body) });
  };

  const halves = async (half: (connection: RawConnection) => Promise<void>) => {
    const body = randomBytes(2 * MiB);
    const connection = new RawConnection(stack().web.port);
    await connection.send(head("/hash/slow", body.length));
    await connection.send(body.subarray(0, MiB));
    await half(connection);
    await connection.send(body.subarray(MiB));
    await connection.closed;
    const reply = parseReply(connection.received);
    expect(JSON.parse(reply.body)).toEqual({ bytes: body.length, sha256: sha256(body) });
  };
  feature(
    "Uploads reach the app while they arrive",
    "reach the handler while they arrive",
    () => halves(async () => void await eventually(() => seen("slow"), (saw) => saw.bytes === MiB)),
    on.web === "lighttpd" && {
      does: "buffers the whole upload first (its default, `server.stream-request-body = 0`)",
      test: () =>
        halves(async () => {
          await laterUpload();
          expect(await seen("slow")).toEqual({});
        }),
    },
  );

  feature(
    "A disconnect during the upload aborts the signal",
    "whose client leaves fail in the handler and abort its signal",
    async () => {
      const connection = new RawConnection(stack().web.port);
      await connection.send(head("/leave/upload/cut", 1000) + "a part");
      await eventually(() => seen("cut"), ({ started }) => started === true);
      await connection.leave();
      await eventually(() => seen("cut"), (saw) => saw.readFailed === true && saw.aborted === true);
    },
    on.web === "lighttpd" && {
      does: "sends the request only after the whole upload",
      test: async () => {
        const connection = new RawConnection(stack().web.port);
        await connection.send(head("/leave/upload/cut", 1000) + "a part");
        await laterUpload();
        await connection.leave();
        await laterUpload();
        expect(await seen("cut")).toEqual({});
      },
    },
  );

  feature("`Expect: 100-continue`", "that wait for 100 Continue get it, once", async () => {
    const connection = new RawConnection(stack().web.port);
    await connection.send(head("/hash/polite", 5, "Expect: 100-continue\r\n"));
    await connection.until("HTTP/1.1 100 Continue\r\n\r\n");
    await connection.send("hello");
    await connection.closed;
    const [interim, ...rest] = connection.received.split("\r\n\r\n");
    expect(interim).toBe("HTTP/1.1 100 Continue");
    const reply = parseReply(rest.join("\r\n\r\n"));
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toEqual({ bytes: 5, sha256: sha256(Buffer.from("hello")) });
  });

  feature(
    "A refusal in the middle of a 20 MB upload",
    "that the handler refuses unread get its reply",
    async () => {
      const reply = await upload(stack().web.port, "/refuse", 20 * MiB);
      expect(reply).toMatchObject({ status: 413, body: "This is more than I want to read.\n" });
    },
  );
});

describeStacks("Upload limit", { module, args: ["--max-body-bytes", "1000000"] }, (stack, on) => {
  const { ask } = client(stack);

  test("a body over it is refused with 413", async () => {
    const reply = await upload(stack().web.port, "/hash/large", 20 * MiB);
    expect(reply).toMatchObject({ status: 413, complete: true });
  });

  test("fetch sees the 413 as well", async () => {
    const body = new Uint8Array(20 * MiB);
    expect((await ask("/hash/large", { method: "PUT", body })).status).toBe(413);
  });

  const status = on.web === "apache" ? 411 : 413;
  test(`a chunked body over it is refused with ${status}`, async () => {
    const connection = new RawConnection(stack().web.port);
    await connection.send(
      "POST /hash/large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n200000\r\n",
    );
    await connection.send(new Uint8Array(2 * MiB));
    await connection.send("\r\n0\r\n\r\n");
    await connection.closed;
    expect(parseReply(connection.received).status).toBe(status);
  });

  test("a body at it is accepted", async () => {
    const body = new Uint8Array(1_000_000);
    const reply = await ask("/hash/fits", { method: "PUT", body });
    expect(await reply.json()).toEqual({ bytes: body.length, sha256: sha256(body) });
  });
});

function head(path: string, length: number, more = ""): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}` +
    `Content-Length: ${length}\r\n\r\n`;
}

/** Sends zeros until the connection ends or all are sent, and returns the reply. */
async function upload(port: number, path: string, length: number): Promise<RawReply> {
  const connection = new RawConnection(port);
  await connection.send(head(path, length));
  for (let sent = 0; sent < length; sent += MiB) await connection.send(new Uint8Array(MiB));
  await connection.closed;
  return parseReply(connection.received);
}

/** A body that comes in parts. */
function trickle(...texts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      for (const text of texts) {
        controller.enqueue(new TextEncoder().encode(text));
        await sleep(20);
      }
      controller.close();
    },
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
