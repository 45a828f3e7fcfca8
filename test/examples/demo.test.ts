/** The demo's board against visitors that are hostile, or many. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { fetch as fetchOverScgi } from "../../src/client.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { runtimes, type ServerProcess, startServer } from "../support/server.ts";

interface Line {
  id: number;
  ink: number;
  points: number[];
}

/** A visitor of the board: what it was told, and how its socket was closed. */
interface Visitor {
  readonly socket: WebSocket;
  readonly lines: Line[];
  readonly here: number[];
  readonly closed: Promise<[code: number, reason: string]>;
}

describe.each([...runtimes])("The demo's board (%s)", (runtime) => {
  let server: ServerProcess;
  let listen: string;
  let origin: string;

  beforeAll(async () => {
    listen = `127.0.0.1:${await freePort()}`;
    const http = await freePort();
    origin = `http://127.0.0.1:${http}`;
    const args = ["--http", String(http)];
    server = await startServer({ runtime, module: "examples/demo/app.ts", listen, args });
    await eventually(server.stdout, (text) => text.includes("Open "));
  }, 30_000);
  afterAll(() => server?.[Symbol.asyncDispose](), 30_000);

  const visitors: Visitor[] = [];
  afterEach(() => leave(...visitors.splice(0)));

  function enter(headers: Record<string, string> = {}): Visitor {
    const socket = new WebSocket(`${origin.replace("http", "ws")}/board`, { headers } as never);
    const lines: Line[] = [];
    const here: number[] = [];
    socket.addEventListener("message", ({ data }) => {
      const news = JSON.parse(data);
      if ("lines" in news) lines.splice(0, Infinity, ...news.lines);
      else if ("here" in news) here.push(news.here);
      else lines.push(news);
    });
    const closed = new Promise<[number, string]>((resolve) =>
      socket.addEventListener("close", ({ code, reason }) => resolve([code, reason]))
    );
    const visitor = { socket, lines, here, closed };
    visitors.push(visitor);
    return visitor;
  }

  /** Enters, and waits for the first news. */
  async function entered(): Promise<Visitor> {
    const visitor = enter({ origin });
    await eventually(() => visitor.here.length, (count) => count > 0);
    return visitor;
  }

  async function leave(...visitors: Visitor[]): Promise<void> {
    for (const { socket } of visitors) socket.close();
    await Promise.all(visitors.map(({ closed }) => closed));
  }

  const wipe = () => fetch(`${origin}/wipe`, { method: "POST", headers: { origin } });
  const stroke = (points: number[], begins = false) => JSON.stringify({ ink: 1, begins, points });

  test.each(["https://other.test", "null", "http://127.0.0.1.other.test"])(
    "a page of %s is refused",
    async (other) => {
      const [code] = await enter({ origin: other }).closed;
      expect(code).not.toBe(1000);
      for (const path of ["board", "wipe"]) {
        const init = { method: "POST", headers: { origin: other } };
        const reply = await fetch(`${origin}/${path}`, init);
        expect([reply.status, await reply.text()])
          .toEqual([403, `A page of ${other} is not of this host.`]);
      }
    },
  );

  test("what is no stroke closes the socket, and is shown to nobody", async () => {
    await wipe();
    const witness = await entered();
    const valid = { ink: 0, begins: true, points: [0, 0, 1600, 1000] };
    const hostile = [
      "",
      "{",
      "null",
      "[]",
      '"draw"',
      ...[
        { ink: 5 },
        { ink: -1 },
        { ink: "1" },
        { ink: '1"><script>' },
        { begins: 1 },
        { points: [] },
        { points: [1] },
        { points: [0.5, 1] },
        { points: [1601, 0] },
        { points: [0, 1001] },
        { points: [-1, 0] },
        { points: ["0", 0] },
        { points: Array(66).fill(0) },
        { points: { length: 2 } },
        { points: null },
      ].map((part) => JSON.stringify({ ...valid, ...part })),
      new Uint8Array([1, 2, 3]),
    ];
    for (const message of hostile) {
      const visitor = await entered();
      visitor.socket.send(message);
      expect(await visitor.closed, String(message)).toEqual([4400, "That was no stroke"]);
    }
    const visitor = await entered();
    visitor.socket.send(JSON.stringify({ ...valid, more: "x".repeat(512) }));
    expect((await visitor.closed)[0]).toBe(1009);

    witness.socket.send(JSON.stringify(valid));
    await eventually(() => witness.lines, ({ length }) => length > 0);
    expect(witness.lines).toEqual([{ id: 1, ink: 0, points: valid.points }]);
  }, 30_000);

  test("more than a hand can draw closes the socket", async () => {
    const visitor = await entered();
    for (let i = 0; i < 500; i += 1) visitor.socket.send(stroke([i, i], true));
    expect(await visitor.closed).toEqual([4429, "That was too much at once"]);
  });

  test("a line that goes on is continued by another where it ended", async () => {
    await wipe();
    const visitor = await entered();
    // 60 points, and 30 more.
    const points = (from: number) => Array.from({ length: 30 }, (_, i) => [from + i, 7]).flat();
    for (const from of [0, 30, 60]) visitor.socket.send(stroke(points(from), from === 0));
    await eventually(() => visitor.lines, ({ length }) => length === 3);
    const [first, second] = (await entered()).lines;
    expect(first!.points).toEqual([...points(0), ...points(30)]);
    expect(second!.points).toEqual([59, 7, ...points(60)]);
  });

  test("500 lines are kept, and the oldest make room", async () => {
    await wipe();
    for (let i = 0; i < 6; i += 1) {
      const visitor = await entered();
      for (let line = 0; line < 90; line += 1) visitor.socket.send(stroke([i, line], true));
      await eventually(() => visitor.lines.at(-1)?.points, (points) => `${points}` === `${i},89`);
      await leave(visitor);
    }
    const { lines } = await entered();
    expect(lines.length).toBe(500);
    expect(lines[0]!.points).toEqual([0, 40]);
    expect(lines.at(-1)!.points).toEqual([5, 89]);
    const page = await (await fetch(origin)).text();
    expect(page.match(/<polyline/g)?.length).toBe(500);
  }, 30_000);

  test("100 visitors draw at a time", async () => {
    await wipe();
    const first = await entered();
    const here = (count: number) => eventually(() => first.here.at(-1), (last) => last === count);
    // Those of the test before have left.
    await here(1);
    const others = Array.from({ length: 99 }, () => enter());
    await here(100);
    expect(await enter().closed).toEqual([4503, "The board is full"]);
    await leave(others[0]!);
    await here(99);
    await entered();
    await here(100);
  }, 30_000);

  test("the web server is named, and blamed where it lets no WebSocket through", async () => {
    const expected = {
      "Cherokee/1.2.104 (UNIX)": "Cherokee 1.2.104 (UNIX)",
      "lighttpd/1.4.86": "lighttpd 1.4.86",
      "": "nginx",
    };
    for (const [software, name] of Object.entries(expected)) {
      const options = { to: listen, env: { SERVER_SOFTWARE: software } };
      const page = await fetchOverScgi(origin, options);
      expect(await page.text()).toContain(`<span class="name">${name}</span>`);
      const reply = await fetchOverScgi(`${origin}/board`, { ...options, method: "POST" });
      expect([reply.status, await reply.text()])
        .toEqual([501, `The web server, ${name}, lets no WebSocket through.`]);
    }
  });
});

test("without scgi the page names no web server, and says what the board needs", async () => {
  const { default: app } = await import("../../examples/demo/app.ts");
  const page = await (await app.request("/")).text();
  expect(page).toContain("This page came without SCGI");
  expect(page).not.toContain("Web server");
  const reply = await app.request("/board", { method: "POST" });
  expect([reply.status, await reply.text()]).toEqual([501, "WebSockets need scgi serve."]);
});
