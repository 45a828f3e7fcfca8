/** Handlers and streams that fail. */

import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { describeTargets, newId, type TestServer } from "./targets.ts";

const DETAIL = "a detail that is nobody's business";

describeTargets("a failure", {}, (server) => {
  test.each([
    "/throw/error",
    "/throw/string",
    "/throw/undefined",
    "/throw/null",
    "/reject/error",
    "/reject/string",
    "/reject/undefined",
    "/reject/null",
    "/give/nothing",
    "/give/null",
    "/give/text",
    "/give/object",
    "/give/promise",
    "/fail-at-once/x",
    "/fail-late/x",
    "/bad-head/x",
    "/bad-head-text",
    "/used",
    "/used-stream",
    "/locked",
    "/error-response",
    "/upgrade",
  ])("is a 500 with no detail, reported: %s", async (target) => {
    // `scgi run` does as the runtime's own server: test/run compares them.
    const own = server.command === "run" ? server.runtime : undefined;
    if (own === "bun" && target.startsWith("/give/")) return;
    const said = server.listenIn();
    const reply = await server.ask(target);
    expect([reply.status, reply.text.trim(), reply.ending]).toEqual([
      500,
      "Internal Server Error",
      "end",
    ]);
    if (own !== "deno") expect(reply.header("content-type")).toBe("text/plain;charset=UTF-8");
    await eventually(said, (text) => text.startsWith("scgi: "));
    expect(said().match(/^scgi: /gm)).toHaveLength(1);
  });

  test("is reported with what it says", async () => {
    const said = server.listenIn();
    await server.ask("/throw");
    await eventually(said, (text) => text.includes(DETAIL));
  });

  test("of a head that cannot be sent cancels the stream behind it", async () => {
    const id = newId();
    expect((await server.ask(`/bad-head/${id}`)).status).toBe(500);
    await server.saw(id, ({ cancels }) => cancels === 1);
  });

  test("to a HEAD request is a 500 without a body", async () => {
    const reply = await server.ask("/throw", { method: "HEAD" });
    expect([reply.status, reply.text]).toEqual([500, ""]);
    const get = await server.ask("/throw");
    expect(reply.header("content-length")).toBe(get.header("content-length"));
  });

  test("in the middle of a body of declared length leaves it short", async () => {
    const said = server.listenIn();
    const reply = await server.ask("/fail/100");
    expect([reply.status, reply.text]).toEqual([200, "half of it"]);
    expect(reply.header("content-length")).toBe("100");
    await eventually(said, (text) => text.includes(DETAIL));
  });

  test("in the middle of a body of no declared length is a reset where there can be one", async () => {
    const reply = await server.ask("/fail");
    expect([reply.status, reply.text]).toEqual([200, "half of it"]);
    expect(reply.header("content-length")).toBeUndefined();
    const resets = server.runtime !== "deno" && server.socket === "TCP";
    expect(reply.ending).toBe(resets ? "ECONNRESET" : "end");
  });

  test("in the middle of a body leaves request bytes unread, for a reset on a Unix socket", async () => {
    const endings: (string | undefined)[] = [];
    // A peer that still writes when it is reset is told by its write, and then reads a plain end:
    // on a busy machine that may happen, though more fits into the socket than is sent.
    for (let attempt = 0; attempt < 5 && !endings.includes("ECONNRESET"); attempt++) {
      const length = server.runtime !== "deno" ? 650_000 : 400_000;
      const peer = await server.begin("/fail", { length });
      await peer.send(Buffer.alloc(length));
      const { text, ending } = await peer.reply();
      expect(text).toBe("half of it");
      endings.push(ending);
    }
    const told = server.socket === "Unix" || server.runtime !== "deno";
    expect(endings.includes("ECONNRESET")).toBe(told);
  });

  test.each(["lighttpd/1.4.82", "Cherokee/1.2.104 (Debian)", "nginx/1.18.0", "nginx/1.19.0"])(
    "declares no length to %s where no reset is possible",
    async (software) => {
      const reply = await server.ask("/fail/100", { variables: { SERVER_SOFTWARE: software } });
      const resets = server.runtime !== "deno" && server.socket === "TCP";
      expect(reply.header("content-length")).toBe(resets ? "100" : undefined);
      expect(reply.text).toBe("half of it");
    },
  );

  test.each(["nginx", "nginx/1.19.1", "nginx/1.22.1", "nginx/1.100.0", "nginx/2.1.0", "Apache"])(
    "declares the length to %s, which ends the client's connection",
    async (software) => {
      const reply = await server.ask("/fail/100", { variables: { SERVER_SOFTWARE: software } });
      expect(reply.header("content-length")).toBe("100");
    },
  );

  test("declares the length of what is there to lighttpd all the same", async () => {
    const reply = await server.ask("/hello", { variables: { SERVER_SOFTWARE: "lighttpd/1.4.82" } });
    expect(reply.header("content-length")).toBe("6");
  });

  test("of a promise that nobody handles is reported, and the server goes on", async () => {
    const said = server.listenIn();
    expect((await server.ask("/unhandled")).text).toBe("unhandled\n");
    await eventually(said, (text) => text.includes("nobody handles this"));
    expect((await server.ask("/hello")).text).toBe("Hello\n");
  });

  test("of one connection never touches another", async () => {
    const replies = await Promise.all(Array.from({ length: 60 }, (_, turn) => {
      return server.ask(["/hello", "/throw", "/fail"][turn % 3]!);
    }));
    expect(replies.map(({ status }) => status)).toEqual(
      Array.from({ length: 60 }, (_, turn) => turn % 3 === 1 ? 500 : 200),
    );
  });
});

describeTargets("onError", { script: "test/behaviour/scripts/on-error.ts" }, (server) => {
  const errors = async () => (await server.ask("/errors")).json() as string[];

  test("gives the reply", async () => {
    const reply = await server.ask("/answer");
    expect([reply.status, reply.text]).toEqual([418, "answered"]);
    expect(reply.header("x-answer")).toBe("yes");
    expect(await errors()).toEqual(["/answer it failed"]);
  });

  test("gives the reply later", async () => {
    const reply = await server.ask("/answer-later");
    expect([reply.status, reply.text]).toEqual([418, "answered later"]);
    expect(await errors()).toEqual(["/answer-later it failed"]);
  });

  test("is given no request for a head that was refused, and may answer it", async () => {
    const peer = await server.open();
    await peer.send("GET / HTTP/1.1\r\n\r\n");
    const reply = await peer.reply();
    expect([reply.status, reply.text]).toEqual([499, "mended"]);
    expect(await errors()).toEqual(["none HEAD_INVALID"]);
  });

  test.each(["throw", "reject", "nothing"])("that %ss leaves the 500", async (what) => {
    const reply = await server.ask(`/${what}`);
    expect([reply.status, reply.text]).toEqual([500, "Internal Server Error\n"]);
    expect(await errors()).toEqual([`/${what} it failed`]);
  });

  test.each(["not-a-response", "bad-head", "failing-stream"])(
    "that gives a reply which cannot be sent (%s) leaves the 500, and is told of it once",
    async (what) => {
      const reply = await server.ask(`/${what}`);
      expect([reply.status, reply.text]).toEqual([500, "Internal Server Error\n"]);
      const told = await errors();
      expect(told).toHaveLength(2);
      expect(told[0]).toBe(`/${what} it failed`);
    },
  );

  test("is told of what fails after the head, and its answer is ignored", async () => {
    const reply = await server.ask("/after-head");
    expect([reply.status, reply.text]).toEqual([200, "half"]);
    expect(await errors()).toEqual(["/after-head after the head"]);
  });

  test("is told once of a handler that took too long, whose rejection does not cut the reply", async () => {
    const reply = await server.ask("/too-long");
    expect([reply.status, reply.text, reply.ending]).toEqual([504, "it took too long", "end"]);
    expect(await errors()).toEqual(["/too-long REQUEST_TIMEOUT"]);
  });

  test("that failed leaves the server as it was", () => serves(server));
});

async function serves(server: TestServer): Promise<void> {
  expect((await server.ask("/hello")).text).toBe("Hello\n");
}
