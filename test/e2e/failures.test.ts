/** Replies that fail half way: the client must not take them for whole, nor lose the next one. */

import { expect } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { parseReply, RawConnection } from "../support/raw-http.ts";
import { describeStacks } from "../support/stack.ts";
import { client, header } from "./client.ts";
import { features } from "./feature.ts";

const HELLO = "Hello from the other side\n";

describeStacks("A reply that fails half way", { module: "test/e2e/app.ts" }, (stack, on) => {
  const { get } = client(stack);
  const feature = features(on);
  // A runtime that can reset a connection has every web server cut its reply off as well.
  const resets = on.runtime !== "deno" && on.socket === "TCP";

  const cutOff = { status: 200, body: "half of it", complete: false };
  const whole = { ...cutOff, complete: true };
  const chunked = async (path: string, expected: typeof cutOff) => {
    const reply = await get(path);
    expect(reply).toMatchObject(expected);
    expect(header(reply, "transfer-encoding")).toBe("chunked");
  };

  feature(
    "A response that fails short of its `Content-Length` is cut off",
    "short of its declared length is cut off",
    async () => {
      expect(await get("/fail/1000")).toMatchObject(cutOff);
      await eventually(stack().server.stderr, (log) => log.includes("the source dried up"));
    },
    on.web !== "nginx" && !resets && {
      does: on.web === "apache"
        ? "ignores the length, and takes only a reset for a failure"
        : "would put the next response into its body, so the server omits `Content-Length`, " +
          "and the response looks complete",
      test: () => chunked("/fail/1000", whole),
    },
  );

  feature(
    "A failed response of unknown length is cut off",
    "with no length declared is cut off",
    () => chunked("/fail", cutOff),
    !resets && {
      does: "takes the response for complete: only a reset counts as a failure",
      test: () => chunked("/fail", whole),
    },
  );

  /** How many responses have failed so far. */
  const failures = () => stack().server.stderr().split("the source dried up").length - 1;

  /**
   * Everything that comes over a connection that goes on with another request, after the reply has
   * ended or, where it has no end, after the response has failed.
   */
  const followed = async (path: string, ends = true) => {
    const before = failures();
    const connection = new RawConnection(stack().web.port);
    let closed = false;
    connection.closed.then(() => (closed = true));
    await connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await connection.until("half of it");
    await eventually(failures, (count) => count > before);
    if (ends) await eventually(() => closed || parseReply(connection.received).complete, Boolean);
    await connection.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await connection.closed;
    return connection.received;
  };
  feature(
    "A failed response harms no other on its connection",
    "harms no other reply on its connection",
    async () => {
      for (const path of ["/fail/1000", "/fail"]) {
        // The connection ends with the failed reply, or the next is whole behind the end of that.
        const [failed, next, ...more] = (await followed(path)).split(/^(?=HTTP\/1\.1 )/m);
        expect(more).toEqual([]);
        if (next === undefined) continue;
        expect(parseReply(failed!).complete).toBe(true);
        expect(parseReply(next)).toMatchObject({ status: 200, body: HELLO, complete: true });
      }
    },
    on.web === "apache" && resets && {
      does: "keeps the connection open, and clients then fail to read the next response on it",
      test: async () => {
        // No end of this reply comes to wait for; Apache reads the next request when it is done.
        const [failed, next] = (await followed("/fail", false)).split(/^(?=HTTP\/1\.1 )/m);
        expect(parseReply(failed!).complete).toBe(false);
        expect(parseReply(next!)).toMatchObject({ status: 200, body: HELLO });
      },
    },
  );
});
