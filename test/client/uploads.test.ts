/** What a request becomes on its way to an SCGI server. */

import { describe, expect, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { Readable } from "node:stream";
import { fetch } from "../../src/client.ts";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { Answering, kinds } from "../support/answering.ts";
import { eventually } from "../support/eventually.ts";
import { onBun } from "../support/runtime.ts";

const OK = "Status: 200 OK\r\n\r\n";
const stream = (...chunks: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });

test("a request has all variables of CGI", async () => {
  await using server = await Answering.start(OK);
  await fetch("https://example.com:8443/a%20b/%C3%A9%00?c=%20d", {
    to: server.address,
    headers: { accept: "*/*", "x-own": "\xe9" },
  });
  expect(server.received.split(":")[1]?.slice(0, 24)).toBe("CONTENT_LENGTH\x000\0SCGI\x001\0");
  expect(server.variables).toEqual({
    CONTENT_LENGTH: "0",
    SCGI: "1",
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/a%20b/%C3%A9%00?c=%20d",
    SCRIPT_NAME: "",
    PATH_INFO: "/a b/\xc3\xa9%00",
    DOCUMENT_URI: "/a b/\xc3\xa9%00",
    QUERY_STRING: "c=%20d",
    SERVER_PROTOCOL: "HTTP/1.1",
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_SOFTWARE: "scgi",
    REQUEST_SCHEME: "https",
    HTTPS: "on",
    SERVER_NAME: "example.com",
    SERVER_PORT: "8443",
    CONTENT_TYPE: "",
    HTTP_HOST: "example.com:8443",
    HTTP_ACCEPT: "*/*",
    HTTP_X_OWN: "\xe9",
  });
});

test("variables can be set, in the place of others too", async () => {
  await using server = await Answering.start(OK);
  const env = { REMOTE_USER: "José", SERVER_NAME: "inner" };
  await fetch("http://h/", { to: server.address, env });
  expect(server.variables).toMatchObject({ REMOTE_USER: "Jos\xc3\xa9", SERVER_NAME: "inner" });
});

test("fields of one connection, and those that could harm, are left out", async () => {
  await using server = await Answering.start(OK);
  const headers = {
    connection: "close, X-Hop",
    "x-hop": "1",
    "keep-alive": "1",
    "proxy": "http://evil",
    "proxy-connection": "close",
    "te": "trailers",
    "trailer": "x",
    "upgrade": "h2c",
    "x_under": "1",
    "x-kept": "1",
  };
  await fetch("http://h/", { to: server.address, headers });
  const names = Object.keys(server.variables).filter((name) => name.startsWith("HTTP_"));
  expect(names.sort()).toEqual(["HTTP_HOST", "HTTP_X_KEPT"]);
});

describe("a body's length is known", () => {
  const bodies: Record<string, [BodyInit, type: string, length: number]> = {
    "of a string": ["h\xe9llo", "text/plain;charset=UTF-8", 6],
    "of bytes": [new Uint8Array([1, 2, 3]), "", 3],
    "of a Blob": [new Blob(["abc"], { type: "a/b" }), "a/b", 3],
    "of a form": [
      new URLSearchParams({ a: "b c" }),
      "application/x-www-form-urlencoded;charset=UTF-8",
      5,
    ],
    "of a stream, once it is read": [stream("ab", "c", "de"), "", 5],
    "of nothing": ["", "text/plain;charset=UTF-8", 0],
  };
  for (const [name, [body, type, length]] of Object.entries(bodies)) {
    test(name, async () => {
      await using server = await Answering.start(OK);
      await fetch("http://h/", { to: server.address, method: "POST", body });
      expect(server.body.length).toBe(length);
      expect(server.variables).toMatchObject({
        REQUEST_METHOD: "POST",
        CONTENT_LENGTH: String(length),
        CONTENT_TYPE: type,
      });
    });
  }
});

test("the size that an object says of a Blob does not count", async () => {
  await using server = await Answering.start(OK);
  for (const value of [1, 100]) {
    const body = Object.defineProperty(new Blob(["abc"]), "size", { value });
    await fetch("http://h/", { to: server.address, method: "POST", body });
    expect([server.variables.CONTENT_LENGTH, server.body]).toEqual(["3", "abc"]);
  }
});

if (onBun) {
  test("the length of a file is the one that it has when it is sent", async () => {
    const folder = temporaryFolder();
    try {
      const path = `${folder}/grows.txt`;
      writeFileSync(path, "0123");
      const file = Bun.file(path);
      const bodies = {
        "0123456789": file,
        "456789": file.slice(4),
        "23": file.slice(2, 4),
        "89": file.slice(8, 99),
      };
      writeFileSync(path, "0123456789");
      for (const [sent, body] of Object.entries(bodies)) {
        await using server = await Answering.start(OK);
        await fetch("http://h/", { to: server.address, method: "POST", body });
        expect([server.variables.CONTENT_LENGTH, server.body]).toEqual([`${sent.length}`, sent]);
      }
    } finally {
      removeFolder(folder);
    }
  });
}

for (const kind of kinds) {
  test(`head and small body leave in one write over ${kind}`, async () => {
    await using server = await Answering.start(OK, kind);
    const headers = { cookie: "x".repeat(3000) };
    await fetch("http://h/", { to: server.address, method: "POST", body: "abc", headers });
    expect([server.reads, server.body]).toEqual([1, "abc"]);
  });

  test(`a large body arrives whole over ${kind}`, async () => {
    await using server = await Answering.start(OK, kind);
    const body = "0123456789abcdef".repeat(131_072);
    await fetch("http://h/", { to: server.address, method: "PUT", body });
    expect(server.body === body).toBe(true);
  });
}

test("a stream of known length is sent while it is made", async () => {
  await using server = await Answering.start(OK);
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  const headers = { "content-length": "6" };
  const reply = fetch("http://h/", { to: server.address, method: "POST", body, headers });
  const push = (text: string) => controller.enqueue(new TextEncoder().encode(text));
  push("abc");
  await eventually(() => server.received, (received) => received.endsWith(",abc"));
  push("def");
  controller.close();
  expect((await reply).status).toBe(200);
  expect(server.body).toBe("abcdef");
});

describe("a body of unknown length is refused over maxBufferedBytes, and left", () => {
  const chunk = () => new Uint8Array(1000);
  const bodies: Record<string, (left: () => void) => unknown> = {
    "a stream": (left) =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(chunk()),
        cancel: left,
      }),
    "an asynchronous generator": async function* (left) {
      try {
        for (;;) yield chunk();
      } finally {
        left();
      }
    },
    "an object with an asynchronous iterator": (left) => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: chunk() }),
        return: () => (left(), Promise.resolve({ done: true, value: undefined })),
      }),
    }),
    "a stream of node:stream": (left) =>
      new Readable({
        read() {
          this.push(chunk());
        },
        destroy(_, callback) {
          left();
          callback(null);
        },
      }),
  };
  for (const [name, make] of Object.entries(bodies)) {
    test(name, async () => {
      await using server = await Answering.start(OK);
      const { promise: left, resolve } = Promise.withResolvers<void>();
      const body = make(resolve) as BodyInit;
      const init = { to: server.address, method: "POST", body, maxBufferedBytes: 10_000 };
      const error = await fetch("http://h/", init).catch((error) => error);
      expect([error.code, error.status]).toEqual(["BODY_TOO_LARGE", 413]);
      expect(error.message).toContain("maxBufferedBytes");
      await left;
      expect(server.received).toBe("");
    });
  }

  if (onBun) {
    test("a file that is a pipe", async () => {
      await using server = await Answering.start(OK);
      const folder = temporaryFolder();
      const path = `${folder}/pipe`;
      execFileSync("mkfifo", [path]);
      const writer = spawn("sh", ["-c", `yes > "$0"`, path], { stdio: "ignore" });
      try {
        const body = Bun.file(path);
        const init = { to: server.address, method: "POST", body, maxBufferedBytes: 10_000 };
        const error = await fetch("http://h/", init).catch((error) => error);
        expect([error.code, server.received]).toEqual(["BODY_TOO_LARGE", ""]);
      } finally {
        writer.kill();
        removeFolder(folder);
      }
    });
  }
});

test("a body that is whole is sent over maxBufferedBytes as well", async () => {
  const text = "x".repeat(2000);
  const bytes = new TextEncoder().encode(text);
  const form = new FormData();
  form.set("name", text);
  const bodies = [text, bytes, bytes.buffer, new DataView(bytes.buffer), new Blob([bytes])];
  for (const body of [...bodies, new URLSearchParams({ name: text }), form]) {
    await using server = await Answering.start(OK);
    const init = { to: server.address, method: "POST", body, maxBufferedBytes: 1000 };
    expect((await fetch("http://h/", init)).status).toBe(200);
    expect(server.body).toContain(text);
  }
});

for (const length of ["2", "10"]) {
  test(`a stream of three bytes is no body of ${length}`, async () => {
    await using server = await Answering.start(OK);
    const headers = { "content-length": length };
    const init = { to: server.address, method: "POST", body: stream("abc"), headers };
    const error = await fetch("http://h/", init).catch((error) => error);
    expect([error.code, error.message.includes(`${length} bytes`)])
      .toEqual(["REQUEST_LENGTH", true]);
    await eventually(() => server.open, (open) => open === 0);
  });
}

/** A stream whose controller a test has, and that notes how it was cancelled. */
function held(): {
  controller: ReadableStreamDefaultController<Uint8Array>;
  cancelled: unknown[];
  body: ReadableStream<Uint8Array>;
} {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const cancelled: unknown[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: (reason) => void cancelled.push(reason),
  });
  return { controller, cancelled, body };
}

describe("a stream's upload is whole with its last declared byte:", () => {
  const headers = { "content-length": "3" };
  const three = () => new TextEncoder().encode("abc");

  test("the response is had though the stream never ends, and cancels it", async () => {
    await using server = await Answering.start(OK);
    const { controller, cancelled, body } = held();
    controller.enqueue(three());
    const init = { to: server.address, method: "POST", body, headers };
    expect((await fetch("http://h/", init)).status).toBe(200);
    expect(server.body).toBe("abc");
    await eventually(() => cancelled.length, (count) => count === 1);
    await eventually(() => server.open, (open) => open === 0);
  });

  test("a stream that fails then harms nothing", async () => {
    let answer!: () => void;
    await using server = await Answering.start((socket) => {
      answer = () => socket.end(OK);
    });
    const { controller, body } = held();
    controller.enqueue(three());
    const reply = fetch("http://h/", { to: server.address, method: "POST", body, headers });
    await eventually(() => answer, (given) => given !== undefined);
    controller.error(new Error("torn"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    answer();
    expect((await reply).status).toBe(200);
  });

  test("a surplus that comes then is refused all the same", async () => {
    let arrived = false;
    await using server = await Answering.start(() => void (arrived = true));
    const { controller, cancelled, body } = held();
    controller.enqueue(three());
    const reply = fetch("http://h/", { to: server.address, method: "POST", body, headers });
    await eventually(() => arrived, Boolean);
    controller.enqueue(new Uint8Array(0));
    controller.enqueue(three());
    expect((await reply.catch((error) => error)).code).toBe("REQUEST_LENGTH");
    await eventually(() => cancelled.length, (count) => count === 1);
  });

  test("replyTimeout runs from then on", async () => {
    await using server = await Answering.start(() => {});
    const { controller, cancelled, body } = held();
    controller.enqueue(three());
    const init = { to: server.address, method: "POST", body, headers, replyTimeout: 20 };
    const error = await fetch("http://h/", init).catch((error) => error);
    expect(error.code).toBe("REPLY_TIMEOUT");
    await eventually(() => cancelled.length, (count) => count === 1);
    expect(cancelled).toEqual([error]);
  });
});

test("an upload that is aborted is cancelled with the signal's reason", async () => {
  await using server = await Answering.start(() => {});
  const abort = new AbortController();
  const { controller, cancelled, body } = held();
  controller.enqueue(new Uint8Array(1));
  const reply = fetch("http://h/", {
    ...{ to: server.address, method: "POST", body, signal: abort.signal },
    headers: { "content-length": "3" },
  }).catch((error) => error);
  await eventually(() => server.reads, (count) => count > 0);
  abort.abort(new Error("enough"));
  expect(await reply).toBe(abort.signal.reason);
  await eventually(() => cancelled.length, (count) => count === 1);
  expect(cancelled).toEqual([abort.signal.reason]);
});

test("what a stream fails with is what fetch fails with", async () => {
  await using server = await Answering.start(OK);
  for (const headers of [new Headers(), new Headers({ "content-length": "3" })]) {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("torn")) });
    const init = { to: server.address, method: "POST", body, headers };
    await expect(fetch("http://h/", init)).rejects.toThrow("torn");
  }
});

test("a method that the runtime's Request alters is refused, and not sent as another", async () => {
  await using server = await Answering.start(OK);
  const reply = fetch("http://h/", { to: server.address, method: "FOO" });
  const outcome = await reply.then(
    () => server.variables.REQUEST_METHOD,
    (error) => error.code as string,
  );
  expect(outcome).toBe("Bun" in globalThis ? "METHOD_UNSUPPORTED" : "FOO");
});

test("a variable that SCGI cannot carry is refused", async () => {
  await using server = await Answering.start(OK);
  for (const env of [{ SCGI: "2" }, { CONTENT_LENGTH: "5" }, { "": "x" }, { A: "\0" }]) {
    const error = await fetch("http://h/", { to: server.address, env }).catch((error) => error);
    expect(error.code).toBe("HEAD_INVALID");
  }
});

test("the first head over 4096 bytes is a warning of the process, and is sent", async () => {
  await using server = await Answering.start(OK);
  const warnings: { code?: string; message: string }[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on("warning", onWarning);
  for (let i = 0; i < 3; i++) {
    const headers = { cookie: "x".repeat(5000) };
    expect((await fetch("http://h/", { to: server.address, headers })).status).toBe(200);
    expect([server.reads, server.variables.HTTP_COOKIE?.length]).toEqual([1, 5000]);
  }
  await eventually(() => warnings.length, (count) => count > 0);
  process.off("warning", onWarning);
  expect(warnings.map(({ code }) => code)).toEqual(["REQUEST_HEAD_LARGE"]);
  expect(warnings[0]!.message).toContain("uWSGI");
});
