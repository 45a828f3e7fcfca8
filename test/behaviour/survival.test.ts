/** No reply of one request ends the process. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { type Fixture, serveTargets, TestServer } from "./targets.ts";
import { answers } from "./survival/answers.ts";
import { bodies } from "./survival/bodies.ts";

/** After so many bytes a body is cut that declares them. */
const CUT_AFTER = 7;

const leaves = {
  leave: {},
  reset: {},
  "half a close": {},
  HEAD: { method: "HEAD" },
  "a body longer than its Content-Length": { query: `?content-length=${CUT_AFTER}` },
  "an event stream": { query: "?content-type=text/event-stream" },
} as const;
type Leave = keyof typeof leaves;

const fixtures: Record<string, Fixture> = {
  "scgi serve": { module: "test/behaviour/survival/app.ts", args: ["--shutdown-timeout", "200"] },
  "a script": { script: "test/behaviour/survival/script.ts" },
};

/** Asks for a body, and leaves once its first chunk is here. */
async function leaveBody(server: TestServer, name: string, how: Leave): Promise<void> {
  const { method = "GET", query = "" } = leaves[how] as { method?: string; query?: string };
  const peer = await server.begin(`/bodies/${encodeURIComponent(name)}${query}`, { method });
  const begun = eventually(() => `${name}: ${peer.received}`, (text) => /\r\n\r\n./s.test(text));
  await Promise.race([begun, peer.ended]);
  if (how === "half a close") peer.finish();
  else if (how === "reset" && server.socket === "TCP") peer.reset();
  else if (how === "HEAD" || query.includes("length")) await peer.ended;
  if (how !== "half a close") peer.leave();
  await Promise.race([peer.ended, sleep(50)]);
  peer.leave();
}

const servers = serveTargets.flatMap((target) =>
  Object.entries(fixtures).map(([how, fixture]) => ({ ...target, how, fixture, target }))
);
const unrecorded = serveTargets.filter(({ runtime }) => runtime === "node").map((target) => ({
  ...target,
  how: "a script that records no responses",
  fixture: { script: "test/behaviour/survival/script.ts", args: ["unrecorded"] },
  target,
}));

/** Cancelled by Node's own pipe, of which nobody else knows. */
const PIPED = "body of another Response, gzipped";

describe.each([...servers, ...unrecorded])(
  "$how survives ($runtime, $socket)",
  ({ target, fixture, how }) => {
    const names = Object.keys(bodies).filter((name) =>
      !how.includes("no responses") || name !== PIPED
    );
    const server = TestServer.planned(target);
    beforeAll(() => server.start(fixture));
    afterAll(() => server.stop());

    /** Waits for the end of all iterables, and sees whether another request is served. */
    async function survives(): Promise<void> {
      const open = await eventually(
        () =>
          server.ask("/open").then(
            ({ text }) => text,
            () => server.process.exited.then(server.process.stderr),
          ),
        (text) => text === "0" || text.toString().length > 5,
      );
      expect(open).toBe("0");
      expect((await server.ask("/hello")).text).toBe("Hello\n");
    }

    test.each(Object.keys(leaves) as Leave[])("every body that is left by %s", async (leave) => {
      await Promise.all(names.map((name) => leaveBody(server, name, leave)));
      await survives();
      // What comes late comes within some ticks.
      await sleep(50);
      await survives();
    });

    test("every answer that is none", async () => {
      await Promise.all(
        Object.keys(answers).map(async (name) => {
          const peer = await server.begin(`/answers/${encodeURIComponent(name)}`);
          await Promise.race([peer.ended, sleep(100)]);
          peer.leave();
        }),
      );
      expect((await server.ask("/work")).text).toBe("Hello\n");
      await survives();
    });

    test("every body at its forced end", async () => {
      await Promise.all(
        Object.keys(bodies).map(async (name) => {
          const peer = await server.begin(`/bodies/${encodeURIComponent(name)}`);
          await Promise.race([eventually(() => peer.count, (count) => count > 0), peer.ended]);
        }),
      );
      server.process.kill("SIGTERM");
      expect(await server.process.exited).toBe(0);
    });
  },
);
