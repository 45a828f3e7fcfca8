/** `scgi fetch`, on either runtime. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../src/cli/commands/fetch.ts";
import { freePort, temporaryFolder } from "../../support/address.ts";
import { Answering } from "../../support/answering.ts";
import {
  command,
  runtimes,
  type ServerProcess,
  spawnScript,
  startServer,
} from "../../support/server.ts";

let server: ServerProcess;
let folder: string;
let address: string;
beforeAll(async () => {
  folder = temporaryFolder();
  address = `unix:${folder}/app.sock`;
  server = await startServer({
    runtime: "bun",
    module: "test/cli/commands/app.ts",
    listen: address,
  });
});
afterAll(() => server?.stop());

describe.each([...runtimes])("scgi fetch (%s)", (runtime) => {
  const start = (...words: string[]) => spawnScript(runtime, ["src/cli.ts", "fetch", ...words]);
  const run = async (...words: string[]) => {
    const child = start(...words);
    return { status: await child.exited, stdout: child.stdout, stderr: child.stderr };
  };
  const see = async (...words: string[]) => {
    const { status, stdout, stderr } = await run(address, ...words);
    expect([status, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout);
  };

  test("sends what its flags say", async () => {
    const headers = ["-H", "X-Own: a: b", "--header", "X-Other:é", "-H", "Host: other"];
    const env = ["--env", "REMOTE_USER=ada", "--env", "PATH"];
    const all = [...headers, ...env, "-d", "a=1", "--data", "b=2", "-X", "PUT"];
    const seen = await see("http://example.com/a?b", ...all);
    expect(seen).toMatchObject({
      method: "PUT",
      url: "http://other/a?b",
      body: "a=1&b=2",
      env: { REMOTE_USER: "ada", PATH: process.env.PATH },
    });
    expect(seen.headers).toMatchObject({
      "content-type": "application/x-www-form-urlencoded",
      "x-own": "a: b",
      "x-other": "\xc3\xa9",
    });
  });

  test("streams a file, and takes standard input", async () => {
    const file = join(folder, `upload-${runtime}`);
    writeFileSync(file, "x".repeat(3_000_000));
    expect(await see("/", "--data-file", file)).toMatchObject({
      method: "POST",
      url: "http://localhost/",
      length: 3_000_000,
      headers: { "content-length": "3000000" },
    });
    const words = ["src/cli.ts", "fetch", address, "/", "--data-file", "-"];
    const child = spawn(...command(runtime, words), {
      cwd: join(import.meta.dirname, "../../.."),
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end("from a pipe");
    let stdout = "";
    for await (const text of child.stdout.setEncoding("utf8")) stdout += text;
    expect(JSON.parse(stdout)).toMatchObject({ method: "POST", body: "from a pipe" });
  });

  test("prints the head with -i, and writes to a file with -o", async () => {
    const file = join(folder, `reply-${runtime}`);
    const { status, stdout } = await run(address, "/status?is=404", "-i", "-o", file);
    expect([status, stdout]).toEqual([0, ""]);
    expect(readFileSync(file, "utf8")).toBe(
      "HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n" +
        "content-type: text/plain;charset=utf-8\r\n\r\nthe page\n",
    );
  });

  test("prints a reply while it comes", async () => {
    const child = start(address, "/stream");
    await child.until(() => child.stdout === "first\n", "the first bytes came");
    expect([await child.exited, child.stderr]).toEqual([0, ""]);
  });

  test("exits with 0 for any reply, and with 22 and no body where --fail is given", async () => {
    const failed = (text: string) => ({
      status: 22,
      stdout: "",
      stderr: `scgi: The server answered ${text}\n`,
    });
    const outcomes = await Promise.all([
      run(address, "/status?is=500"),
      run(address, "/status?is=302", "--fail"),
      run(address, "/status?is=404", "-f"),
      run(address, "/status?is=503", "-f"),
    ]);
    expect(outcomes).toEqual([
      { status: 0, stdout: "the page\n", stderr: "" },
      { status: 0, stdout: "the page\n", stderr: "" },
      failed("404 Not Found"),
      failed("503 Service Unavailable"),
    ]);
  });

  test("exits with 1 and one line where there is no whole reply", async () => {
    const port = await freePort();
    const cases: [words: string[], says: string][] = [
      [[String(port), "/"], `127.0.0.1:${port}: no server listens there`],
      [[address, "/quiet", "--max-time", "0.3"], "within 0.3 s"],
      [[address, "/", "--data-file", "/nowhere"], "/nowhere cannot be read"],
      [[address, "/", "--output", "/nowhere/x"], "/nowhere/x cannot be written"],
    ];
    await Promise.all(cases.map(async ([words, says]) => {
      const { status, stderr } = await run(...words);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^scgi: [^\n]+\n$/)]);
      expect(stderr).toContain(says);
    }));
  });

  test("says in one line what cannot be sent", async () => {
    const cases: [words: string[], status: number, says: string][] = [
      [["/", "-X", "TRACE"], 2, "REQUEST_METHOD=TRACE"],
      [["/", "-X", "€"], 2, "--request must be an HTTP method"],
      [["/", "-X", "GET", "-d", "a"], 2, "--request GET cannot have a body"],
      [["/", "-H", "a: b\rc"], 2, "--header must be 'Name: value'"],
      [
        ["http://user:secret@h:99999/"],
        2,
        'URL must be an http or https URL or a path, not "http://h:99999/"',
      ],
      [["/", "-d", "a", "-H", "Content-Length: 5"], 1, "does not have the 5 bytes"],
      [["/", "--data-file", "/proc/self/mem"], 1, "/proc/self/mem cannot be read"],
    ];
    await Promise.all(cases.map(async ([words, exit, says]) => {
      const { status, stdout, stderr } = await run(address, ...words);
      expect([words, status, stdout]).toEqual([words, exit, ""]);
      expect(stderr).toMatch(/^scgi: [^\n]+\n$/);
      expect(stderr).toContain(says);
      expect(stderr).not.toContain("secret");
    }));
  });

  test("sends a method that no Request has as a variable", async () => {
    await using server = await Answering.start("Content-Length: 0\r\n\r\n");
    const { status } = await run(`${server.address}`, "/", "--env", "REQUEST_METHOD=TRACE");
    expect([status, server.variables.REQUEST_METHOD]).toEqual([0, "TRACE"]);
  });

  test("sends a password of the URL as a field, as curl does", async () => {
    const url = "http://user:p%3Aw@host/x?y";
    const { url: asked, headers, env } = await see(url, "-H", "Cookie: a", "-H", "Cookie: b");
    expect([asked, env.REQUEST_URI, env.HTTP_HOST]).toEqual(["http://host/x?y", "/x?y", "host"]);
    expect([headers.authorization, headers.cookie]).toEqual([`Basic ${btoa("user:p:w")}`, "a; b"]);
    expect((await see(url, "-H", "Authorization: own")).headers.authorization).toBe("own");
  });

  test("prints the bytes of a reply with --raw, whatever they are", async () => {
    let reply = "";
    await using server = await Answering.start((socket) =>
      socket.end(Buffer.from(reply, "latin1"))
    );
    for (
      reply of [
        "Status: 204 None\r\nA : b\r\n\r\nbody",
        "no reply at all\n",
        "\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\ntoo long",
        "X: \x1b[31m\0\r\xe9",
      ]
    ) {
      const words = [`${server.address}`, "/", "--raw", "-X", "HEAD", "-i"];
      const child = Bun.spawn(command(runtime, ["src/cli.ts", "fetch", ...words]).flat(), {
        cwd: join(import.meta.dirname, "../../.."),
        stdout: "pipe",
      });
      expect(Buffer.from(await new Response(child.stdout).arrayBuffer()).toString("latin1")).toBe(
        reply,
      );
      expect(await child.exited).toBe(0);
    }
    reply = "";
    const { status, stderr } = await run(`${server.address}`, "/", "--raw");
    expect([status, stderr]).toEqual([1, expect.stringContaining("without a byte")]);
    expect((await run(address, "/", "--raw", "-f")).status).toBe(2);
  });

  test("survives every control character in the head of a reply", async () => {
    let control = "";
    await using server = await Answering.start((socket) => {
      socket.end(`Status: 200 O${control}K\r\nX: a${control}b\r\n\r\nbody`);
    });
    for (control of ["\0", "\r", "\x1b"]) {
      const { status, stdout, stderr } = await run(`${server.address}`, "/");
      const refused = control === "\0" || control === "\r";
      expect([control, status, stdout]).toEqual([control, ...(refused ? [1, ""] : [0, "body"])]);
      expect(stderr).toMatch(refused ? /^scgi: [^\n]+ is not a header line\n$/ : /^$/);
    }
  });

  test("ends with one line when nobody reads its output any more", async () => {
    await using large = await Answering.start(`\n${"x".repeat(10_000_000)}`);
    const words = command(runtime, ["src/cli.ts", "fetch", `${large.address}`, "/"]).flat();
    const child = Bun.spawn(["sh", "-c", `${words.join(" ")} | head -c 1`], {
      cwd: join(import.meta.dirname, "../../.."),
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await new Response(child.stdout).text()).toBe("x");
    expect(await new Response(child.stderr).text())
      .toMatch(/^scgi: Standard output cannot be written: [^\n]+\n$/);
  });

  /** Gives the command a terminal of so many columns, and what that shows of a long transfer. */
  const shown = async (columns: number): Promise<string> => {
    await using slow = await Answering.start((socket) => {
      socket.write("Content-Length: 2048\r\n\r\n" + "x".repeat(1024));
      setTimeout(() => socket.end("x".repeat(1024)), 1500);
    });
    const file = join(folder, `progress-${runtime}-${columns}`);
    const words = command(runtime, ["src/cli.ts", "fetch", `${slow.address}`, "/", "-o", file])
      .flat();
    const line = `stty cols ${columns}; exec ${words.join(" ")}`;
    const child = Bun.spawn(["script", "-qec", line, "/dev/null"], {
      cwd: join(import.meta.dirname, "../../.."),
      stdin: "ignore",
      stdout: "pipe",
    });
    const text = await new Response(child.stdout).text();
    expect(readFileSync(file).length).toBe(2048);
    return text;
  };

  test("shows on a line of a terminal how far a long transfer is, and takes that away", async () => {
    // A terminal that does not know how many columns it has says 0.
    const [unknown, wide, narrow] = await Promise.all([0, 80, 20].map(shown));
    const clear = "\r\x1b[K";
    for (const text of [unknown!, wide!]) {
      expect(text).toStartWith(`${clear}received 1.0 KiB of 2.0 KiB, `);
      expect(text).toEndWith(` B/s${clear}`);
    }
    const lines = narrow!.split(clear);
    expect(lines).toContain("received 1.0 KiB of");
    // On a busy machine, a line more tells of the end.
    expect(lines.filter((line) => !/^(?:received [12]\.0 KiB of)?$/.test(line))).toEqual([]);
  });
});

test.each([
  [[]],
  [["4000"]],
  [["4000", "/", "/"]],
  [["4000", "ftp://h/"]],
  [["4000", "http://[::1"]],
  [["4000", "/", "-X", "connect"]],
  [["4000", "/", "-X", "TRACK"]],
  [["4000", "/", "-X", "A B"]],
  [["4000", "/", "-X", ""]],
  [["4000", "/", "-X", "head", "--data-file", "b"]],
  [["4000", "/", "-H", "a b: c"]],
  [["4000", "/", "-H", "a: b\nc: d"]],
  [["4000", "/", "-H", "a: b\x1bc"]],
  [["4000", "/", "-H", "no header"]],
  [["4000", "/", "-d", "a", "--data-file", "b"]],
  [["4000", "/", "--max-time", "soon"]],
  [["4000", "/", "--env", "=x"]],
  [["4000", "/", "--wings"]],
])("a wrong command line of scgi fetch is refused with status 2: %j", async (words) => {
  await expect(run(words)).rejects.toMatchObject({ exitStatus: 2 });
});
