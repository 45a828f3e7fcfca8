/** The command's lines, where standard output and standard error take none. */

import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { ask } from "../behaviour/client.ts";
import { freePort, temporaryFolder } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { runtimes, servingRuntimes } from "../support/server.ts";
import { NamedPipe, redirected } from "../support/stream.ts";
import { folderOf, scgi } from "./folder.ts";

/** What changes how a terminal shows the text around it. */
// deno-lint-ignore no-control-regex
const RAW = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/;
const UNWRITTEN = /^scgi: Standard output cannot be written: [^\n]+\n$/;

const APP = `
  const fetch = ({ url }) => {
    const { pathname } = new URL(url);
    if (pathname === "/throw") throw new Error("x".repeat(10_000));
    if (pathname === "/print") console.log("printed");
    return new Response("Hello\\n");
  };
`;
const folder = folderOf({
  "app.mjs": `${APP}; export default { fetch };`,
  // Deno itself remarks on a default export that has fetch, and waits for who reads it.
  "own.mjs": `${APP}; "Bun" in globalThis ? Bun.serve({ fetch }) : Deno.serve(fetch);`,
});

const answers = async (at: string, target = "/"): Promise<boolean> =>
  await ask(at, target).then(({ status }) => status === 200, () => false);

/** Sends requests, one after the other, and tells how many were answered. */
async function answered(at: string, count: number, target = "/"): Promise<number> {
  let right = 0;
  for (let i = 0; i < count; i++) if (await answers(at, target)) right++;
  return right;
}

describe.each(runtimes)("scgi serve --log (%s)", (runtime) => {
  const serve = async (redirections: string, ...words: string[]) => {
    const at = `127.0.0.1:${await freePort()}`;
    const command = scgi(runtime, "serve", "app.mjs", "--listen", at, "--log", ...words);
    const child = redirected(command, redirections, folder);
    await eventually(() => answers(at), (answer) => answer);
    return { at, child };
  };

  test.each([
    ["standard output on a full disk", ">/dev/full"],
    ["standard error on a full disk", "2>/dev/full"],
    ["both on a full disk", ">/dev/full 2>&1"],
    ["no standard streams at all", "<&- >&- 2>&-"],
  ])("serves with %s, and ends on SIGTERM", async (_, redirections) => {
    const { at, child } = await serve(redirections);
    expect(await answered(at, 20)).toBe(20);
    expect((await ask(at, "/throw")).status).toBe(500);
    expect(await child.stop()).toBe(0);
  });

  test("says once on standard error that the disk is full", async () => {
    const { at, child } = await serve(">/dev/full");
    await answered(at, 20);
    await child.stop();
    expect(child.stderr).toBe(
      "scgi: standard output cannot be written: ENOSPC. Lines are kept until it can be\n",
    );
  });

  test.each([["", ""], ["with workers", "--workers 1"]])(
    "goes on where a reader has left %s",
    async (_, words) => {
      using pipe = new NamedPipe();
      const { at, child } = await serve(`>${pipe.path}`, ...words.split(" ").filter(Boolean));
      pipe.close();
      expect(await answered(at, 50)).toBe(50);
      expect(await child.stop()).toBe(0);
      expect(child.stderr).toBe("");
    },
  );

  test("lets an app print where a reader has left", async () => {
    using pipe = new NamedPipe();
    const { at, child } = await serve(`>${pipe.path}`);
    pipe.close();
    expect(await answered(at, 20, "/print")).toBe(20);
    expect(await child.stop()).toBe(0);
  });

  test.each([
    ["standard output", ">", []],
    ["standard error", "2>", []],
    ["standard output of workers", ">", ["--workers", "2"]],
  ])(
    "serves while nobody reads %s, and ends on SIGTERM",
    async (_, to, words) => {
      using pipe = new NamedPipe();
      pipe.fill();
      const { at, child } = await serve(`${to}${pipe.path}`, ...words);
      expect(await answered(at, 50)).toBe(50);
      for (let i = 0; i < 20; i++) expect((await ask(at, "/throw")).status).toBe(500);
      expect(await child.stop()).toBe(0);
    },
  );

  test("serves on a terminal that is stopped, and ends on SIGTERM", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    const [program, args] = scgi(runtime, "serve", "app.mjs", "--listen", at, "--log");
    const line = `echo $$ >pid-${runtime}; exec ${[program, ...args].join(" ")}`;
    const terminal = redirected(["script", ["-qec", line, "/dev/null"]], "", folder);
    await eventually(() => answers(at), (answer) => answer);
    terminal.kill("SIGSTOP");
    const variables = { HTTP_USER_AGENT: "x".repeat(1000) };
    for (let i = 0; i < 100; i++) expect((await ask(at, "/", { variables })).status).toBe(200);
    process.kill(Number(readFileSync(join(folder, `pid-${runtime}`), "utf8")), "SIGTERM");
    // The port is free again when it has ended.
    await eventually(() => answers(at), (answer) => !answer);
    terminal.kill("SIGCONT");
    expect(await terminal.exited).toBe(0);
  });

  test("writes whole lines in their order, and says how many it has dropped", async () => {
    using pipe = new NamedPipe();
    const filled = pipe.fill();
    const { at, child } = await serve(`>${pipe.path}`, "--quiet");
    const variables = { HTTP_USER_AGENT: "x".repeat(1000), HTTP_REFERER: "y".repeat(1000) };
    const count = 400;
    for (let i = 0; i < count; i++) await ask(at, `/${i}?${"z".repeat(4000)}`, { variables });
    let text = "";
    await eventually(() => {
      text += pipe.read();
      return child.stderr;
    }, (said) => said !== "");
    const lines = () => text.slice(filled).trimEnd().split("\n");
    const dropped = Number(
      /^scgi: (\d+) lines of standard output were dropped: its reader was too slow\n$/
        .exec(child.stderr)?.[1],
    );
    // What was dropped is said while some lines still wait.
    await eventually(() => {
      text += pipe.read();
      return text;
    }, () => text.endsWith("\n") && lines().length + dropped > count);
    const form = / "GET \/(\d*)(?:\?z+)? HTTP\/1\.1" 200 \d+ "(?:y+|-)" "(?:x+|-)" \d+ms$/;
    const numbers = lines().map((line) => form.exec(line)?.[1]).filter((number) => number !== "");
    expect(numbers).toEqual(numbers.map((_, i) => String(i)));
    expect(await answered(at, 1)).toBe(1);
    await eventually(() => text += pipe.read(), (all) => all.endsWith("ms\n"));
    expect(await child.stop()).toBe(0);
  }, 30_000);

  test("has written each line when it ends", async () => {
    const file = join(temporaryFolder(), "log");
    const { at, child } = await serve(`>${file}`);
    await Promise.all(Array.from({ length: 50 }, () => answers(at, "/counted")));
    await child.stop();
    const lines = readFileSync(file, "utf8").split("\n");
    expect(lines.filter((line) => line.includes("GET /counted "))).toHaveLength(50);
    expect(lines.slice(-2)).toEqual(["Stopping on SIGTERM", ""]);
  });
});

describe.each(runtimes)("scgi (%s)", (runtime) => {
  const ended = async (redirections: string, ...words: string[]) => {
    const child = redirected(scgi(runtime, ...words), redirections, folder);
    return { status: await child.exited, stderr: child.stderr };
  };

  test.each(["--help", "--version", "config nginx", "completion bash"])(
    "says in a line that it cannot print: %s",
    async (line) => {
      const words = line.split(" ");
      const { status, stderr } = await ended(">/dev/full", ...words);
      expect([status, stderr]).toEqual([1, expect.stringMatching(UNWRITTEN)]);
      expect(await ended("<&- >&-", ...words)).toEqual({ status: 0, stderr: "" });
    },
  );

  test("ends with its status where its mistake cannot be told", async () => {
    using pipe = new NamedPipe();
    pipe.fill();
    for (const to of ["/dev/full", pipe.path]) {
      expect(await ended(`2>${to}`, "serve", "--mode", "x")).toEqual({ status: 2, stderr: "" });
    }
  });

  test("fetches all of a reply for a slow reader, and says in a line where it cannot be written", async () => {
    using server = await answering(`Status: 200 OK\r\n\r\n${"0123456789".repeat(50_000)}`);
    const full = await ended(">/dev/full", "fetch", server.at, "/");
    expect([full.status, full.stderr]).toEqual([1, expect.stringMatching(UNWRITTEN)]);
    using pipe = new NamedPipe();
    const filled = pipe.fill();
    const child = redirected(scgi(runtime, "fetch", server.at, "/"), `>${pipe.path}`, folder);
    let text = "";
    await eventually(() => text += pipe.read(), ({ length }) => length === filled + 500_000);
    expect(text.slice(filled)).toBe("0123456789".repeat(50_000));
    expect(await child.exited).toBe(0);
  });

  test("shows what a server replied as text that harms no terminal, in a few words", async () => {
    for (const junk of ["\x1b[2J\x9b2J", "\x9b".repeat(60_000), "\u202e\u2028"]) {
      for (const head of [junk, `Status: ${junk}`, `Status: 200\r\nContent-Length: ${junk}`]) {
        using server = await answering(`${head}\r\n\r\nx`);
        const { status, stderr } = await ended("", "fetch", server.at, "/");
        expect([status, stderr]).toEqual([1, expect.stringMatching(/^scgi: [^\n]{1,1100}\n$/)]);
        expect(stderr).not.toMatch(RAW);
      }
    }
    using server = await answering(`Status: 404 \x9b2J\x1b${"\x80".repeat(5000)}\r\n\r\nx`);
    const { status, stderr } = await ended("", "fetch", server.at, "/", "--fail");
    expect([status, stderr]).toEqual([22, expect.stringMatching(/^scgi: [^\n]{1,2100}\n$/)]);
    expect(stderr).not.toMatch(RAW);
  });

  test.each([">/dev/full", "2>/dev/full", ">/dev/full 2>&1"])(
    "is a gateway with %s, and ends on SIGTERM",
    async (redirections) => {
      using server = await answering("Status: 200 OK\r\n\r\nHello\n");
      const url = `http://127.0.0.1:${await freePort()}/`;
      const words = ["gateway", server.at, "--http", new URL(url).port];
      const child = redirected(scgi(runtime, ...words), redirections, folder);
      const text = () => fetch(url).then((response) => response.text(), () => "");
      await eventually(text, (answer) => answer === "Hello\n");
      for (let i = 0; i < 20; i++) expect(await text()).toBe("Hello\n");
      expect(await child.stop()).toBe(0);
    },
  );
});

describe.each([...servingRuntimes])("scgi run --log (%s)", (runtime) => {
  test.each(["full", "stalled"])("serves with standard error %s, and ends", async (how) => {
    using pipe = new NamedPipe();
    pipe.fill();
    const at = `127.0.0.1:${await freePort()}`;
    const command = scgi(runtime, "run", "--log", "--listen", at, "own.mjs");
    const child = redirected(command, `2>${how === "full" ? "/dev/full" : pipe.path}`, folder);
    await eventually(() => answers(at), (answer) => answer);
    expect(await answered(at, 20)).toBe(20);
    for (let i = 0; i < 20; i++) expect((await ask(at, "/throw")).status).toBe(500);
    expect(await child.stop()).toBe(0);
  });
});

/** An SCGI server that gives each connection the same bytes, once a request has come. */
async function answering(reply: string): Promise<{ at: string } & Disposable> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Buffer.from(reply)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { at: `127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() };
}
