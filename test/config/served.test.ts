/** What the printed configurations do with files, mounts and auth_request, on real web servers. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigOptions } from "../../src/config/mod.ts";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { exchange } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import { startServer } from "../support/server.ts";
import { startWebServer, type WebServer, webServers } from "../support/web-server.ts";
import type { Seen } from "./app.ts";

const UPLOAD = "a".repeat(200_000);

/** A body that does not tell its length. */
function stream(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

for (const name of webServers) {
  for (const mount of ["", "/app"]) {
    describeWith(name, `What scgi config ${name} --mount ${mount}/ --static DIR prints`, () => {
      const started = new AsyncDisposableStack();
      let web: WebServer;
      beforeAll(async () => {
        const folder = started.adopt(temporaryFolder(), removeFolder);
        const [files, handed] = [join(folder, "public files"), join(folder, "handed over")];
        for (const path of [files, join(files, "folder"), handed]) mkdirSync(path);
        const write = (path: string, text: string) => {
          writeFileSync(path, text);
          chmodSync(path, 0o644);
        };
        write(join(files, "style.css"), "p { color: green }");
        write(join(files, "two words.txt"), "two words");
        write(join(files, "folder/index.html"), "<p>index</p>");
        write(join(files, "secret.txt"), "secret");
        write(join(handed, "report.txt"), "The report");
        const listen = `127.0.0.1:${await freePort()}`;
        started.use(
          await startServer({
            runtime: "bun",
            module: "test/config/app.ts",
            listen,
            args: ["--binding", `FILES=${handed}`],
          }),
        );
        const site: ConfigOptions & { listen: string } = {
          listen,
          mount: `${mount}/`,
          static: files,
          sendFile: handed,
          auth: name === "nginx" ? `${mount}/auth` : undefined,
        };
        web = started.use(await startWebServer(name, site));
      }, 30_000);
      afterAll(() => started.disposeAsync(), 30_000);
      const get = (path: string, init?: RequestInit) => fetch(web.origin + mount + path, init);
      const seen = async (path: string, init?: RequestInit): Promise<Seen> =>
        (await get(path, init)).json();

      test("sends a file of the folder itself, with its type", async () => {
        const reply = await get("/style.css?v=1");
        expect(await reply.text()).toBe("p { color: green }");
        expect(reply.headers.get("content-type")).toStartWith("text/css");
        expect(await (await get("/two%20words.txt")).text()).toBe("two words");
      });

      test.each(["/", "/none.css", "/folder", "/folder/", "/a%20b/%2e?q=1%202", "/a//b?"])(
        "gives %s to the app, as it was asked for",
        async (path) => {
          const reply = await exchange(
            web.port,
            `GET ${mount}${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
          );
          expect(reply.status).toBe(200);
          expect(JSON.parse(reply.body)).toMatchObject({
            method: "GET",
            // What new URL() makes of it.
            path: new URL(`http://a${mount}${path}`).pathname + new URL(`http://a${path}`).search,
          });
        },
      );

      test.each(["/../../../../etc/hostname", "/%2e%2e/%2e%2e/%2e%2e/etc/hostname"])(
        "keeps %s from leading out of the folder",
        async (path) => {
          const reply = await exchange(
            web.port,
            `GET ${mount}${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
          );
          // What it is: an error page, or the app's.
          if (reply.status === 200) expect(JSON.parse(reply.body).method).toBe("GET");
          else expect([400, 403, 404]).toContain(reply.status);
        },
      );

      test("gives an upload to the app, of a known length and of none", async () => {
        expect(await seen("/upload", { method: "POST", body: UPLOAD })).toMatchObject({
          method: "POST",
          body: UPLOAD,
        });
        const chunked = await get("/upload", { method: "PUT", body: stream(UPLOAD) });
        // Apache's mod_proxy_scgi takes none without a length.
        if (name === "apache") expect(chunked.status).toBe(411);
        else expect(await chunked.json()).toMatchObject({ method: "PUT", body: UPLOAD });
      });

      test("lets a cookie of 12 kB reach the app", async () => {
        const cookie = `a=${"b".repeat(12_000)}`;
        expect(await seen("/", { headers: { cookie } })).toMatchObject({ cookie: cookie.length });
      });

      test("sends a file that the app hands over, and the range that was asked for", async () => {
        expect(await (await get("/handed-over/report.txt")).text()).toBe("The report");
        const headers = { range: "bytes=4-", "accept-encoding": "identity" };
        const range = await get("/handed-over/report.txt", { headers });
        // Apache sends the whole of a file that is handed over.
        const whole = name === "apache";
        expect(range.status).toBe(whole ? 200 : 206);
        expect(await range.text()).toBe(whole ? "The report" : "report");
      });

      test("lets no client ask for such a file itself", async () => {
        const reply = await fetch(`${web.origin}/internal/report.txt`);
        expect(await reply.text()).not.toContain("The report");
      });

      if (mount !== "") {
        test("gives the bare prefix to the app, and what only begins like it to nobody", async () => {
          expect(await seen("")).toMatchObject({ path: "/app" });
          for (const path of ["/appx", "/appx/style.css", "/style.css", "/none"]) {
            expect([403, 404]).toContain((await fetch(web.origin + path)).status);
          }
        });
      }

      if (name === "nginx") {
        test("asks the app about each request first, files too", async () => {
          expect((await get("/secret.txt")).status).toBe(403);
          expect((await get("/?secret", { method: "POST", body: UPLOAD })).status).toBe(403);
          expect((await get("/auth")).status).toBe(404);
        });
      }
    });
  }
}
