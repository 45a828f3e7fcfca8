/** Files that nginx, lighttpd and Apache send for an app, on each runtime. */

import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serveBehind } from "../support/behind.ts";
import { eventually } from "../support/eventually.ts";
import { type FrontName, fronts } from "../support/front.ts";
import { describeWith } from "../support/require.ts";
import { runtimes } from "../support/server.ts";

const CONTENT = "0123456789".repeat(10_000);

/** Names that Apache cannot send. */
const NOT_APACHE = ["100%.txt", "a%2fb", "a%00b"];
/** Names that one way or another of writing a path could spoil. */
const NAMES = [
  ...NOT_APACHE,
  "plain.txt",
  "two words.txt",
  "100%41.txt",
  "%2e%2e",
  "what?.txt",
  "what?a=b&c",
  "a#b+c;d=e,f.txt",
  "back\\slash.txt",
  "quote\"'.txt",
  "grüße ☕ 𝄞.txt",
  "..dots..",
  "...",
  "no-suffix",
  "deep/er/file name.txt",
];

/** The lines that let each web server send the files of a folder. */
const lines: Record<FrontName, (address: string, files: string) => string> = {
  nginx: (address, files) => `
    location / { scgi_pass ${address}; include /etc/nginx/scgi_params;
      scgi_param SERVER_SOFTWARE nginx/$nginx_version; }
    location /untold/ { scgi_pass ${address}; }
    location /internal/ { internal; alias "${files}/"; }`,
  lighttpd: (address, files) => {
    const [host, port] = address.split(":");
    return `scgi.server = ( "/" => (( "host" => "${host}", "port" => ${port},
      "check-local" => "disable", "fix-root-scriptname" => "enable",
      "x-sendfile" => "enable", "x-sendfile-docroot" => ( "${files}/" ) )) )`;
  },
  apache: (address, files) => `
    ProxyPass "/" "scgi://${address}/"
    ProxySCGISendfile On
    <Directory "${files}">
      Require all granted
    </Directory>`,
};

for (const name of fronts) {
  for (const runtime of runtimes) {
    describeWith(name, `a file that ${name} sends for an app on ${runtime}`, () => {
      const running = serveBehind((listen, folder) => {
        const files = join(folder, "the files");
        mkdirSync(join(files, "deep/er"), { recursive: true });
        for (const file of NAMES) writeFileSync(join(files, file), `${file}\n${CONTENT}`);
        writeFileSync(join(folder, "secret"), "secret");
        return {
          app: {
            runtime,
            module: "test/e2e/send-file/app.ts",
            listen,
            args: ["--binding", `FILES=${files}`],
          },
          web: name,
          lines: lines[name](listen, files),
        };
      });

      const get = (query: Record<string, string>, init: RequestInit = {}) =>
        fetch(`${running().front.origin}/file?${new URLSearchParams(query)}`, init);

      const apache = name === "apache";
      const sent = apache ? NAMES.filter((file) => !NOT_APACHE.includes(file)) : NAMES;

      test.each(sent)("named %s arrives whole", async (path) => {
        const reply = await get({ path });
        expect(reply.status).toBe(200);
        expect(await reply.text()).toBe(`${path}\n${CONTENT}`);
        expect(reply.headers.get("x-sendfile")).toBeNull();
        expect(reply.headers.get("x-accel-redirect")).toBeNull();
      });

      if (apache) {
        test.each(NOT_APACHE)("named %s is refused: Apache would fail", async (path) => {
          const reply = await get({ path });
          expect([reply.status, await reply.text()]).toEqual([
            404,
            `Not found: the path ${JSON.stringify(path)} has a % that Apache takes for an escape ` +
            "and refuses; rename the file\n",
          ]);
        });
      }

      test("arrives in the range that was asked for, from Apache whole", async () => {
        const path = "deep/er/file name.txt";
        const whole = `${path}\n${CONTENT}`;
        const ranges: [asked: string, from: number, to: number][] = [
          ["bytes=30-39", 30, 40],
          ["bytes=-5", whole.length - 5, whole.length],
          ["bytes=99999-", 99_999, whole.length],
        ];
        for (const [range, from, to] of ranges) {
          const reply = await get({ path }, { headers: { range } });
          const text = await reply.text();
          if (apache) {
            expect([reply.status, text]).toEqual([200, whole]);
          } else {
            expect([reply.status, text]).toEqual([206, whole.slice(from, to)]);
            expect(reply.headers.get("content-range"))
              .toBe(`bytes ${from}-${to - 1}/${whole.length}`);
          }
        }
        const beyond = await get({ path }, { headers: { range: "bytes=999999-" } });
        expect(beyond.status).toBe(apache ? 200 : 416);
        await beyond.body?.cancel();
      });

      if (!apache) {
        test("that the client has already is not sent again", async () => {
          const first = await get({ path: "plain.txt" });
          await first.body?.cancel();
          const etag = first.headers.get("etag")!;
          const second = await get({ path: "plain.txt" }, { headers: { "if-none-match": etag } });
          expect([second.status, await second.text()]).toEqual([304, ""]);
        });
      }

      test("has the headers that the app gave", async () => {
        const reply = await get({ path: "plain.txt", type: "text/csv; charset=utf-8" });
        await reply.body?.cancel();
        expect(reply.headers.get("content-type")).toBe("text/csv; charset=utf-8");
        expect(reply.headers.get("cache-control")).toBe("no-cache");
        expect(reply.headers.get("content-disposition")).toBe("attachment");
        expect(reply.headers.getSetCookie()).toEqual(["seen=1; Path=/"]);
      });

      test("has the type that the web server gives it otherwise, from Apache none", async () => {
        const reply = await get({ path: "plain.txt" });
        await reply.body?.cancel();
        expect(reply.headers.get("content-type")).toBe(apache ? null : "text/plain");
      });

      test("has its length to HEAD, from Apache none, and no body", async () => {
        const reply = await get({ path: "plain.txt" }, { method: "HEAD" });
        expect([reply.status, await reply.text()]).toEqual([200, ""]);
        expect(reply.headers.get("content-length"))
          .toBe(apache ? null : String(10 + CONTENT.length));
      });

      test.each(["../secret", "deep/../../secret", "/etc/passwd", "a\nb", "a\0b", "", "deep/"])(
        "is not one outside the folder, nor a folder: %j",
        async (path) => {
          const reply = await get({ path });
          // lighttpd itself takes no control characters, however they are written.
          if (name === "lighttpd" && /[\n\0]/.test(path)) return expect(reply.status).toBe(400);
          expect(reply.status).toBe(404);
          expect(await reply.text()).toStartWith("Not found: the path ");
        },
      );

      test.each(["%2e%2e%2e/secret", "..%2fsecret", "%2e%2e%2fsecret", "..\\secret", "missing"])(
        "is not found by another spelling, nor where it is not: %j",
        async (path) => {
          const reply = await get({ path });
          expect(await reply.text()).not.toBe("secret");
          expect(reply.status).toBe(apache && !path.includes("%2f") ? 500 : 404);
        },
      );

      test("is sent by a web server that is named, whatever it says of itself", async () => {
        const reply = await get({ path: "plain.txt", server: "cherokee" });
        expect([reply.status, await reply.text()])
          .toEqual([200, name === "nginx" ? "" : `plain.txt\n${CONTENT}`]);
      });

      if (name === "nginx") {
        test("is an error in the log where nothing says who sends it", async () => {
          const reply = await fetch(`${running().front.origin}/untold/file?path=plain.txt`);
          expect([reply.status, await reply.text()]).toEqual([500, "Internal Server Error\n"]);
          const log = await eventually(
            running().server.stderr,
            (text) => text.includes("SERVER_UNKNOWN"),
          );
          expect(log).toContain("scgi_param SERVER_SOFTWARE nginx/$nginx_version;");
        });
      }
    });
  }
}
