/** The demo in a real browser, through a real nginx, on each runtime. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { startChromium } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/require.ts";
import { runtimes, startServer } from "../support/server.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { draw, drawn, online } from "./demo/board.ts";

const titles = { bun: "Bun", deno: "Deno", node: "Node.js" };
const module = "examples/demo/app.ts";
const SECONDS = 1000;
const MIB = 2 ** 20;

describeWith("chromium", "The demo in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  }, 30 * SECONDS);
  afterAll(() => browser?.close());

  for (const runtime of runtimes) {
    describeWith("nginx", `through nginx, on ${runtime}`, () => {
      let stack: Stack;
      let page: Page;
      let args: string[];
      let frontOrigin: string;
      const faults: string[] = [];

      beforeAll(async () => {
        const http = await freePort();
        frontOrigin = `http://127.0.0.1:${http}`;
        args = ["--http", String(http), "--mode", "666"];
        stack = await startStack(runtime, "Unix socket", { module, args });
        page = await browser.newPage({ baseURL: stack.web.origin });
        page.on("pageerror", (error) => faults.push(String(error)));
        page.on("console", (message) => {
          if (message.type() === "error") faults.push(message.text());
        });
      }, 30 * SECONDS);

      afterAll(async () => {
        await page?.close();
        await stack?.[Symbol.asyncDispose]();
      }, 30 * SECONDS);

      test("the page renders, with the way of the request", async () => {
        await page.goto("/");
        expect(await page.textContent("h1")).toBe("This page came over SCGI");
        const stations = await page.locator(".name").allTextContents();
        expect(stations).toEqual([
          "127.0.0.1",
          expect.stringMatching(/^nginx \d/),
          expect.stringMatching(new RegExp(`^${titles[runtime]} \\d`)),
          "Hono",
        ]);
      });

      describe("the request", () => {
        test("is shown with its method, URL, headers and CGI variables", async () => {
          await page.goto("/?a=1");
          expect(await page.textContent("#method")).toBe("GET");
          expect(await page.textContent("#url")).toBe(`${stack.web.origin}/?a=1`);
          expect(await value(page, "#headers", "host")).toBe(new URL(stack.web.origin).host);
          expect(await value(page, "#variables", "REQUEST_URI")).toBe("/?a=1");
          expect(await value(page, "#variables", "SCGI")).toBe("1");
        });

        test("cannot bring markup into the page", async () => {
          await page.setExtraHTTPHeaders({ "x-markup": "<b id=intruder>'\"&amp;" });
          await page.goto("/");
          await page.setExtraHTTPHeaders({});
          expect(await page.locator("#intruder").count()).toBe(0);
          expect(await value(page, "#headers", "x-markup")).toBe("<b id=intruder>'\"&amp;");
        });

        test("has its cookies withheld", async () => {
          await page.goto("/");
          expect(await value(page, "#headers", "cookie")).toMatch(/^withheld, \d+ characters$/);
          expect(await value(page, "#variables", "HTTP_COOKIE")).toStartWith("withheld");
        });
      });

      test("the clock ticks three times within four seconds", async () => {
        await page.goto("/");
        const times = await page.evaluate(changes, { of: "#clock", during: 4 * 1000 });
        expect(times.length).toBeGreaterThanOrEqual(3);
        expect(times.every((time) => /^\d\d:\d\d:\d\d$/.test(time))).toBe(true);
        expect(times).toEqual(times.toSorted());
      }, 15 * SECONDS);

      test("an upload of 20 MiB shows its progress and comes back as its hash", async () => {
        const bytes = randomBytes(20 * MIB);
        const folder = temporaryFolder();
        const file = join(folder, "twenty.bin");
        writeFileSync(file, bytes);

        await page.goto("/");
        await limitUploads(page, 10 * MIB);
        await page.evaluate(watchProgress);
        await page.setInputFiles("#file", file);
        const hash = await page.locator("#upload-state dl").getByText(/^[0-9a-f]{64}$/)
          .textContent();
        removeFolder(folder);

        expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
        expect(await value(page, "#upload-state", "Size")).toBe("20,971,520 bytes");
        const progress = await page.evaluate(() => globalThis.progressSeen);
        expect(progress.filter((percent) => percent > 0 && percent < 100).length)
          .toBeGreaterThanOrEqual(2);
        expect(progress).toEqual(progress.toSorted((a, b) => a - b));
        expect(progress.at(-1)).toBe(100);
      }, 60 * SECONDS);

      test("the counter counts the visits, until it is set back", async () => {
        await page.context().clearCookies();
        await page.goto("/");
        const counted = [await page.textContent("#visits")];
        for (let reload = 0; reload < 2; reload += 1) {
          await page.reload();
          counted.push(await page.textContent("#visits"));
        }
        expect(counted).toEqual(["1", "2", "3"]);
        expect(await page.evaluate(() => document.cookie)).toBe("");

        await page.getByRole("button", { name: "Start again" }).click();
        await page.waitForURL("/");
        expect(await page.textContent("#visits")).toBe("1");
      }, 15 * SECONDS);

      test(
        "what is drawn on one page appears on the other, and is there after a reload",
        async () => {
          const other = await browser.newPage({ baseURL: stack.web.origin });
          for (const each of [page, other]) {
            await each.goto("/");
            await online(each);
          }
          await draw(page, [[0.1, 0.2], [0.5, 0.5], [0.9, 0.1]]);
          await eventually(() => drawn(other), ends(1, "1440,100"));
          await draw(other, [[0.1, 0.4], [0.5, 0.5], [0.9, 0.3]]);
          await eventually(() => drawn(page), ends(2, "1440,300"));
          expect(await page.textContent("#board-state")).toBe("2 pages show this board");

          // The HTTP front of `npm start`.
          await other.goto(frontOrigin);
          await online(other);
          expect(await drawn(other)).toEqual(await drawn(page));
          await draw(other, [[0.1, 0.6], [0.5, 0.5], [0.9, 0.5]]);
          await eventually(() => drawn(page), ends(3, "1440,500"));

          await page.reload();
          await online(page);
          expect(await drawn(page)).toEqual(await drawn(other));
          await page.getByRole("button", { name: "Wipe" }).click();
          expect(await eventually(() => drawn(other), ({ length }) => length === 0)).toEqual([]);
          await other.close();
        },
        30 * SECONDS,
      );

      test("nothing on the page broke, and its security policy was kept", () => {
        expect(faults).toEqual([]);
      });

      test("the error page is a 500 without detail, which is in the log", async () => {
        await page.goto("/");
        const answered = page.waitForResponse("**/error");
        await page.getByRole("link", { name: "A handler that throws" }).click();
        expect((await answered).status()).toBe(500);
        expect(await page.textContent("h1")).toBe("The app failed to answer");
        expect(await page.content()).not.toContain("was asked for");
        await eventually(
          stack.server.stderr,
          (text) => text.includes("the demo was asked for its error page"),
        );
      });

      test("a page that is not there is a 404 that leads back", async () => {
        expect((await page.goto("/no/such/page"))?.status()).toBe(404);
        await page.getByRole("link", { name: "Back to the demo" }).click();
        await page.waitForURL("/");
      });

      test("the board connects again after a restart of the server", async () => {
        await page.goto("/");
        await online(page);
        await draw(page, [[0.1, 0.1], [0.2, 0.2]]);
        await eventually(() => drawn(page), ({ length }) => length === 1);

        await stack.server.stop();
        await page.waitForFunction(() => !document.body.matches(".online"));
        await eventually(
          () => page.textContent("#board-state"),
          (text) => text === "Out of touch with the server, trying again",
        );
        await using _ = await startServer({ runtime, module, listen: stack.listen, args });
        await online(page);
        expect(await drawn(page)).toEqual([]);
        await draw(page, [[0.3, 0.3], [0.4, 0.4]]);
        await eventually(() => drawn(page), ends(1, "640,400"));
      }, 30 * SECONDS);
    });
  }
});

declare global {
  var progressSeen: number[];
}

/** Whether so many lines are drawn, and the last has its end. */
function ends(count: number, point: string): (lines: string[]) => boolean {
  return (lines) => lines.length === count && lines.at(-1)!.endsWith(point);
}

/** The value beside a name in one of the page's lists. */
function value(page: Page, list: string, name: string): Promise<string | null> {
  return page.locator(`${list} div`, {
    has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }),
  }).locator("dd").textContent();
}

/** Runs in the browser: the texts that an element goes through. */
function changes({ of, during }: { of: string; during: number }): Promise<string[]> {
  const element = document.querySelector(of)!;
  const texts: string[] = [];
  new MutationObserver(() => texts.push(element.textContent)).observe(element, {
    childList: true,
  });
  return new Promise((resolve) => setTimeout(() => resolve(texts), during));
}

/** Runs in the browser: keeps the values that the progress bar goes through. */
function watchProgress(): void {
  const bar = document.querySelector<HTMLProgressElement>("#progress")!;
  globalThis.progressSeen = [];
  new MutationObserver(() => globalThis.progressSeen.push(bar.value)).observe(bar, {
    attributes: true,
  });
}

/** Over loopback 20 MiB are gone before a second progress event. */
async function limitUploads(page: Page, bytesPerSecond: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  });
}
