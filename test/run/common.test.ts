/** What any server script does, over HTTP and over SCGI. */

import { expect } from "bun:test";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { RawConnection } from "../support/raw-http.ts";
import { ask, describeBoth } from "./both.ts";

const script = "test/run/apps/common.ts";
const args = ["--own", "an argument"];

describeBoth("A server script", { script, args }, (compare, runtime) => {
  compare.same(
    "Strings, bytes, streams, JSON, forms, redirects, statuses",
    "a request arrives with the same method, URL, headers and body",
    async (side) => {
      const headers = ["X-Own: a", "X-Own: b", "Cookie: c=d", "Content-Type: text/plain"];
      const { body } = await ask(side, "PUT /seen?x=%20y&&z", headers, "the body");
      const seen = JSON.parse(body);
      expect(seen.url).toBe("http://app.test/seen?x=%20y&&z");
      return { ...seen, headers: seen.headers.sort() };
    },
  );

  compare.same(
    "Streamed uploads and responses",
    "an upload arrives in parts, while it is sent",
    async (side) => {
      const { body } = await ask(side, "POST /upload", [], new Uint8Array(2_000_000));
      expect(JSON.parse(body)).toEqual({ count: 2_000_000, inParts: true });
    },
  );

  compare.same(
    "Streamed uploads and responses",
    "the first part of an event stream leaves at once",
    async (side) => {
      const connection = new RawConnection(side.port);
      await connection.send("GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      await connection.until("one ");
      expect(connection.received).not.toContain("two");
      await connection.closed;
    },
  );

  compare.same(
    "The signal aborts when the browser disconnects",
    "the signal aborts when the browser leaves",
    async (side) => {
      const before = Number((await ask(side, "GET /aborted")).body);
      const connection = new RawConnection(side.port);
      await connection.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
      await new Promise((resolve) => setTimeout(resolve, 100));
      connection.reset();
      await eventually(
        async () => Number((await ask(side, "GET /aborted")).body),
        (count) => count === before + 1,
      );
      const reply = await ask(side, "GET /reason");
      expect(JSON.parse(reply.body)).toEqual({ name: "AbortError", code: 20, real: true });
      return reply;
    },
  );

  compare.same(
    "An error handler that answers",
    "what the handler throws is answered by the script's error handler",
    async (side) => {
      const reply = await ask(side, "GET /error");
      expect(reply).toMatchObject({ status: 500, body: "mended: a detail" });
      return reply;
    },
  );

  compare.same(
    "The main module, its arguments and its environment",
    "the script is the main module, and its arguments are its own",
    async (side) => {
      const seen = JSON.parse((await ask(side, "GET /main")).body);
      expect(seen).toEqual({
        main: true,
        args,
        file: join(import.meta.dirname, "../..", script),
        flags: null,
      });
    },
  );

  compare.same("The client address", "the browser's address is told", async (side) => {
    const { port, ...seen } = JSON.parse((await ask(side, "GET /address")).body);
    expect(seen).toEqual(
      runtime === "bun"
        ? { address: "127.0.0.1", family: "IPv4" }
        : { hostname: "127.0.0.1", transport: "tcp" },
    );
    expect(port).toBeGreaterThan(0);
  });
});
