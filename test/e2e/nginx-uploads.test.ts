/** Request bodies through nginx: whole, while they arrive, and refused half way. */

import { expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { eventually } from "../support/eventually.ts";
import { parseReply, RawConnection, type RawReply } from "../support/raw-http.ts";
import { describeStacks } from "../support/stack.ts";
import type { Mirror, Sighting } from "./app.ts";

const module = "test/e2e/app.ts";
const MiB = 1024 * 1024;

describeStacks("Uploads", { module }, (stack) => {
  const origin = () => stack().nginx.origin;
  const seen = async (id: string): Promise<Sighting> =>
    (await fetch(`${origin()}/seen/${id}`)).json();

  test("of 32 MiB arrive byte by byte", async () => {
    const body = randomBytes(32 * MiB);
    const reply = await fetch(`${origin()}/hash/put`, { method: "PUT", body });
    expect(await reply.json()).toEqual({ bytes: body.length, sha256: sha256(body) });
  });

  test("of unknown length arrive whole", async () => {
    const body = new ReadableStream({
      async start(controller) {
        for (const text of ["one ", "two ", "three"]) {
          controller.enqueue(new TextEncoder().encode(text));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        controller.close();
      },
    });
    const reply = await fetch(`${origin()}/`, { method: "POST", body });
    const mirror: Mirror = await reply.json();
    expect(mirror.env.HTTP_TRANSFER_ENCODING).toBe("chunked");
    expect(mirror.headers["transfer-encoding"]).toBeUndefined();
    expect(mirror.body).toBe("one two three");
  });

  test("reach the handler while they arrive", async () => {
    const body = randomBytes(2 * MiB);
    const connection = new RawConnection(stack().nginx.port);
    await connection.send(head("/hash/slow", body.length));
    await connection.send(body.subarray(0, MiB));
    await eventually(() => seen("slow"), ({ bytes }) => bytes === MiB);
    await connection.send(body.subarray(MiB));
    await connection.closed;
    const reply = parseReply(connection.received);
    expect(JSON.parse(reply.body)).toEqual({ bytes: body.length, sha256: sha256(body) });
  });

  test("whose client leaves fail in the handler and abort its signal", async () => {
    const connection = new RawConnection(stack().nginx.port);
    await connection.send(head("/leave/upload/cut", 1000) + "a part");
    await eventually(() => seen("cut"), ({ started }) => started === true);
    connection.leave();
    await eventually(() => seen("cut"), (saw) => saw.readFailed === true && saw.aborted === true);
  });

  test("that the handler refuses unread get its reply in their middle", async () => {
    const reply = await upload(stack().nginx.port, "/refuse", 20 * MiB);
    expect(reply).toMatchObject({ status: 413, body: "This is more than I want to read.\n" });
  });
});

describeStacks("Upload limit", { module, args: ["--max-body-bytes", "1000000"] }, (stack) => {
  test("a body over it is refused in its middle with 413", async () => {
    const reply = await upload(stack().nginx.port, "/hash/large", 20 * MiB);
    expect(reply).toMatchObject({ status: 413, complete: true });
  });

  test("fetch sees the 413 as well", async () => {
    const body = new Uint8Array(20 * MiB);
    const reply = await fetch(`${stack().nginx.origin}/hash/large`, { method: "PUT", body });
    expect(reply.status).toBe(413);
  });

  test("a chunked body over it is refused with 413", async () => {
    const connection = new RawConnection(stack().nginx.port);
    await connection.send(
      "POST /hash/large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n200000\r\n",
    );
    await connection.send(new Uint8Array(2 * MiB));
    await connection.send("\r\n0\r\n\r\n");
    await connection.closed;
    expect(parseReply(connection.received).status).toBe(413);
  });

  test("a body at it is accepted", async () => {
    const body = new Uint8Array(1_000_000);
    const reply = await fetch(`${stack().nginx.origin}/hash/fits`, { method: "PUT", body });
    expect(await reply.json()).toEqual({ bytes: body.length, sha256: sha256(body) });
  });
});

function head(path: string, length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
}

/** Sends zeros until the connection ends or all are sent, and returns the reply. */
async function upload(port: number, path: string, length: number): Promise<RawReply> {
  const connection = new RawConnection(port);
  await connection.send(head(path, length));
  for (let sent = 0; sent < length; sent += MiB) await connection.send(new Uint8Array(MiB));
  await connection.closed;
  return parseReply(connection.received);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
