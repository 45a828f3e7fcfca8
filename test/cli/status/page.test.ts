/** The page of the status in a real browser: its figures move, light and dark, on a screen and a phone. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { ask } from "../../behaviour/client.ts";
import { startChromium } from "../../support/chromium.ts";
import { eventually } from "../../support/eventually.ts";
import { describeWith } from "../../support/require.ts";
import { startStatus } from "./started.ts";

describeWith("chromium", "The page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  }, 30_000);
  afterAll(() => browser?.close());

  test(
    "shows figures that move, loads nothing from elsewhere, and tells when none come",
    async () => {
      await using started = await startStatus("bun", { args: ["--workers", "2"] });
      await started.serving();
      const page = await browser.newPage();
      const faults: string[] = [];
      const asked = new Set<string>();
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => faults.push(message.text()));
      page.on("request", (request) => asked.add(request.url().replace(started.origin, "")));
      await page.goto(`${started.origin}/`);
      const text = (selector: string) => page.locator(selector).first().innerText();
      await eventually(() => text("#state"), (state) => state === "serving");
      expect(await page.title()).toBe("serving – scgi");
      await page.locator("#rate + small").getByText("0 in all").waitFor();
      const statuses = ["/", "/", "/none", "/broken", "/"];
      for (const target of statuses) await ask(started.address, target);
      await page.locator("#rate + small").getByText("5 in all").waitFor();
      expect((await text("#classes")).split("\n"))
        .toEqual(["1xx", "0", "2xx", "3", "3xx", "0", "4xx", "1", "5xx", "1", "unanswered", "0"]);
      expect(await page.locator("#workers tr").count()).toBe(3);
      expect(await page.locator("#rate").locator("..").locator("polyline").getAttribute("points"))
        .toMatch(/,1( |$)/);
      expect([...asked].sort()).toEqual(["/", "/stats.json"]);
      expect(faults).toEqual([]);
      started.child.kill("SIGKILL");
      await page.getByRole("alert").waitFor();
      expect(await text("#state")).toBe("no answer");
      expect(await text("#trouble")).toMatch(
        /^The server does not answer; the figures are \d+ s old\.$/,
      );
      await page.close();
    },
    60_000,
  );

  test("is readable in light and dark, and no wider than a phone", async () => {
    await using started = await startStatus("bun", { args: ["--workers", "1"] });
    await started.serving();
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 360, height: 740 } });
      await page.goto(`${started.origin}/`);
      await page.locator("#rate").waitFor();
      // Contrast by WCAG 2.1: 4.5 for text.
      const contrasts = await page.evaluate(`
        [...document.querySelectorAll("h2, b, small, .rows span, td, #about, .state, a")].map((element) => {
          const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
          const light = (color) => numbers(color).slice(0, 3).map((part) => part / 255)
            .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
          let behind = element;
          while (numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
          const [a, b] = [light(getComputedStyle(element).color),
            light(getComputedStyle(behind).backgroundColor)];
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        })`) as number[];
      expect(contrasts.length).toBeGreaterThan(20);
      expect(Math.min(...contrasts)).toBeGreaterThan(4.5);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
      await page.close();
    }
  }, 60_000);
});
