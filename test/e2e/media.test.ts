/** Ranges of files that the app sends with Bun, through real web servers, and a browser that seeks. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Browser } from "playwright-core";
import { answers, freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { startChromium } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { exchange } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import { type ServerProcess, spawnScript, startScript } from "../support/server.ts";
import { startWebServer, type WebServer, webServers } from "../support/web-server.ts";

const SECONDS = 1000;
const MODULE = "test/e2e/media/app.ts";
const folder = temporaryFolder();
const env = { MEDIA_FOLDER: folder };

/** A minute of silence, as 8,000 samples of two bytes a second. */
function silence(): Buffer {
  const samples = 60 * 8000;
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples * 2, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples * 2, 40);
  return Buffer.concat([head, Buffer.alloc(samples * 2)]);
}

beforeAll(() => {
  writeFileSync(join(folder, "sound.wav"), silence());
  writeFileSync(join(folder, "digits"), "0123456789".repeat(10));
});
afterAll(() => removeFolder(folder));

/** A server behind a web server. */
interface Running extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly web: WebServer;
}

async function start(name: "nginx" | "lighttpd" | "apache", script: string[]): Promise<Running> {
  await using stack = new AsyncDisposableStack();
  const sockets = stack.adopt(temporaryFolder(), removeFolder);
  const listen = `unix:${sockets}/app.sock`;
  const group = process.getuid?.() === 0 ? ["--group", "www-data"] : [];
  const [command = "", module = ""] = script;
  const words = ["src/cli.ts", command, "--listen", listen, ...group, "--log", module];
  const server = stack.use(await startScript("bun", words, { env }));
  const web = stack.use(await startWebServer(name, { listen }));
  const running = stack.move();
  return { server, web, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

for (const name of webServers) {
  describeWith(name, `a file through ${name}`, () => {
    let port = 0;
    let stack: AsyncDisposableStack;
    let running: Running;
    beforeAll(async () => {
      stack = new AsyncDisposableStack();
      port = await freePort();
      const child = spawnScript("bun", [MODULE], { env: { ...env, PORT: String(port) } });
      stack.defer(async () => void await child.stop());
      await child.until(() => answers(port), "it listened");
      running = stack.use(await start(name, ["serve", MODULE]));
    }, 30 * SECONDS);
    afterAll(() => stack?.disposeAsync(), 30 * SECONDS);

    const ask = async (at: number, path: string, range: string | undefined) => {
      const lines = [`GET ${path} HTTP/1.1`, "Host: a", "Connection: close"];
      if (range !== undefined) lines.push(`Range: bytes=${range}`);
      const { status, headers, body, complete } = await exchange(
        at,
        `${lines.join("\r\n")}\r\n\r\n`,
      );
      const of = (name: string) => new Headers(headers).get(name);
      const fields = ["content-range", "content-disposition", "etag"];
      return { status, complete, body, fields: fields.map((field) => [field, of(field)]) };
    };

    const paths = ["/digits", "/sound.wav", "/digits?etag=%22a%22", "/digits?accept-ranges=bytes"];
    const ranges = ["2-5", "50-", "-10", "0-0", "1000000-"];
    for (const path of [...paths, "/part"]) {
      test(`${path} is ranged once, as Bun.serve does it`, async () => {
        for (const range of path === "/part" ? [undefined] : [undefined, ...ranges]) {
          expect(await ask(running.web.port, path, range)).toEqual(await ask(port, path, range));
        }
      });
    }
  });
}

describeWith("chromium", "Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  }, 30 * SECONDS);
  afterAll(() => browser?.close());

  for (const script of [["serve", MODULE], ["run", "test/e2e/media/run.ts"]]) {
    describeWith("nginx", `before scgi ${script.join(" ")}`, () => {
      test("seeks in a sound that is a file", async () => {
        await using running = await start("nginx", script);
        const page = await browser.newPage({ baseURL: running.web.origin });
        const statuses: number[] = [];
        page.on("response", (response) => {
          if (response.url().endsWith(".wav")) statuses.push(response.status());
        });
        await page.goto("/");
        const position = await page.evaluate(async () => {
          const audio = document.querySelector("audio")!;
          const once = (name: string) =>
            new Promise((resolve) => audio.addEventListener(name, resolve, { once: true }));
          if (audio.readyState === 0) await once("loadedmetadata");
          const seeked = once("seeked");
          audio.currentTime = 45;
          await seeked;
          return { at: audio.currentTime, end: audio.seekable.end(0), length: audio.duration };
        });
        await page.close();
        expect(position).toEqual({ at: 45, end: 60, length: 60 });
        expect(new Set(statuses)).toEqual(new Set([206]));
        const log = () => running.server.stdout() + running.server.stderr();
        await eventually(log, (lines) => /"GET \/sound\.wav [^"]*" 206 /.test(lines));
      }, 30 * SECONDS);
    });
  }
});
