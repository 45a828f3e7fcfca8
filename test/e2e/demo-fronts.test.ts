/** The demo's page on a phone, without JavaScript, and behind web servers that pass no WebSocket on. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { startChromium } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { startFront } from "../support/front.ts";
import { describeWith } from "../support/require.ts";
import { type ServerProcess, startServer } from "../support/server.ts";
import { boardBox, draw, drawn, online } from "./demo/board.ts";

const SECONDS = 1000;
/** What SHA-256 makes of `abc` (FIPS 180-2, appendix B.1). */
const SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describeWith(["chromium", "nginx", "lighttpd", "apache"], "The demo in Chromium", () => {
  let browser: Browser;
  let server: ServerProcess;
  let port: number;
  let http: number;

  beforeAll(async () => {
    [port, http] = [await freePort(), await freePort()];
    [browser, server] = await Promise.all([
      startChromium(),
      startServer({
        runtime: "bun",
        module: "examples/demo/app.ts",
        listen: `127.0.0.1:${port}`,
        args: ["--http", String(http)],
      }),
    ]);
  }, 30 * SECONDS);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  }, 30 * SECONDS);

  const nginx = () => startFront("nginx", `location / { scgi_pass 127.0.0.1:${port}; }`);
  const apache = (lines = "") =>
    startFront(
      "apache",
      `${lines}\nProxySCGIInternalRedirect Off\nProxyPass "/" "scgi://127.0.0.1:${port}/"`,
    );
  const lighttpd = () =>
    startFront(
      "lighttpd",
      `scgi.server = ( "/" => (( "host" => "127.0.0.1", "port" => ${port}, "check-local" => "disable",
        "fix-root-scriptname" => "enable" )))`,
    );

  const state = (page: Page) => page.textContent("#board-state");

  test("on a phone, the lists are folded and a finger draws without moving the page", async () => {
    await using web = await nginx();
    const page = await browser.newPage({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    await page.goto(web.origin);
    await online(page);
    expect(await page.locator("details[open]").count()).toBe(0);
    expect(await page.locator("#variables").isVisible()).toBe(false);
    await page.getByText("CGI variables").tap();
    expect(await page.locator("#variables").isVisible()).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);

    const red = page.getByRole("radio", { name: "Red" });
    await red.tap();
    // The click follows the tap.
    await eventually(() => red.isChecked(), Boolean);
    const { x, y, width, height } = await boardBox(page);
    await page.touchscreen.tap(x + 0.25 * width, y + 0.5 * height);
    expect(await eventually(() => drawn(page), ({ length }) => length === 1))
      .toEqual(["400,500,400,500"]);
    expect(await page.locator("#board polyline").getAttribute("class")).toBe("ink4");

    const before = await page.evaluate(() => scrollY);
    const session = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", at?: [number, number]) =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: at ? [{ x: x + at[0] * width, y: y + at[1] * height }] : [],
      });
    await touch("touchStart", [0.5, 0.9]);
    for (const down of [0.7, 0.5, 0.3, 0.1]) await touch("touchMove", [0.5, down]);
    await touch("touchEnd");
    const lines = await eventually(
      () => drawn(page),
      (lines) => lines[1]?.endsWith(",100") === true,
    );
    expect(lines[1]).toStartWith("800,900,800,900,");
    expect(await page.evaluate(() => scrollY)).toBe(before);
    await page.close();
  }, 30 * SECONDS);

  test(
    "without JavaScript it has the time, the lists, the counter, the board and an upload",
    async () => {
      const page = await browser.newPage({
        baseURL: `http://127.0.0.1:${http}`,
        javaScriptEnabled: false,
      });
      const drawing = await browser.newPage({ baseURL: `http://127.0.0.1:${http}` });
      await drawing.goto("/");
      await online(drawing);
      await drawing.getByRole("button", { name: "Wipe" }).click();
      await eventually(() => drawn(drawing), ({ length }) => length === 0);
      await draw(drawing, [[0.1, 0.1], [0.5, 0.5]]);
      await eventually(() => drawn(drawing), ([line]) => line?.endsWith("800,500") === true);

      await page.goto("/");
      expect(await page.textContent("#clock")).toMatch(/^\d\d:\d\d:\d\d$/);
      expect(await page.content()).toContain("It ticks with JavaScript");
      expect(await page.locator("#inks").isVisible()).toBe(false);
      expect(await page.locator("#board polyline").count()).toBe(1);
      await page.getByText("Headers", { exact: true }).click();
      expect(await page.locator("#headers").isVisible()).toBe(true);

      await page.getByRole("button", { name: "Wipe" }).click();
      await page.waitForURL("/");
      expect(await page.locator("#board polyline").count()).toBe(0);
      await eventually(() => drawn(drawing), ({ length }) => length === 0);
      await drawing.close();

      await page.getByRole("button", { name: "Start again" }).click();
      await page.waitForURL("/");
      expect(await page.textContent("#visits")).toBe("1");

      const folder = temporaryFolder();
      for (
        const [name, bytes] of [["small", "abc"], ["large", Buffer.alloc(17 * 2 ** 20)]] as const
      ) {
        writeFileSync(join(folder, name), bytes);
      }
      await page.setInputFiles("#file", join(folder, "small"));
      await page.getByRole("button", { name: "Send it" }).click();
      await page.waitForURL("/upload/form");
      expect(await page.textContent("main")).toContain(SHA256_OF_ABC);
      await page.getByRole("link", { name: "Back to the demo" }).click();
      await page.waitForURL("/");
      await page.setInputFiles("#file", join(folder, "large"));
      await page.getByRole("button", { name: "Send it" }).click();
      await page.waitForURL("/upload/form");
      expect(await page.textContent("h1")).toBe("That file is too large");
      removeFolder(folder);
      await page.close();
    },
    30 * SECONDS,
  );

  const stations = (page: Page) => page.locator(".name").allTextContents();

  test("on a desktop the lists are open, and nginx and the HTTP front are named", async () => {
    await using web = await nginx();
    const page = await browser.newPage();
    for (
      const [origin, name] of [
        [web.origin, "nginx"],
        [`http://127.0.0.1:${http}`, "scgi’s HTTP front"],
      ] as const
    ) {
      await page.goto(origin);
      expect(await page.locator("details[open]").count()).toBe(2);
      expect((await stations(page))[1]).toBe(name);
      await online(page);
    }
    await page.close();
  }, 30 * SECONDS);

  test.each([["Apache", apache], ["lighttpd", lighttpd]] as const)(
    "behind %s the page says that no WebSocket comes through",
    async (name, start) => {
      await using web = await start();
      const page = await browser.newPage();
      await page.goto(web.origin);
      const software = (await stations(page))[1]!;
      expect(software).toMatch(new RegExp(`^${name} \\d`));
      expect(await eventually(() => state(page), (text) => text!.startsWith("No drawing"))).toBe(
        `No drawing here. The web server, ${software}, lets no WebSocket through. ` +
          "The demo’s README says what to do.",
      );
      await page.close();
    },
    30 * SECONDS,
  );

  test("behind Apache the board works with the two lines of its README", async () => {
    const target = `"http://127.0.0.1:${http}/board"`;
    await using web = await apache(
      `ProxyPass "/board" ${target} upgrade=websocket\nProxyPreserveHost On`,
    );
    const page = await browser.newPage();
    const other = await browser.newPage();
    await page.goto(web.origin);
    await other.goto(`http://127.0.0.1:${http}`);
    expect((await stations(page))[1]).toStartWith("Apache 2");
    for (const each of [page, other]) await online(each);
    await draw(page, [[0.1, 0.1], [0.5, 0.5]]);
    await eventually(() => drawn(other), (lines) => lines.at(-1)?.endsWith("800,500") === true);
    await page.close();
    // Apache that is stopped before its tunnel has ended waits for it.
    await eventually(() => state(other), (text) => text!.startsWith("You are alone here"));
    await other.close();
  }, 30 * SECONDS);
});
