/** The browser of the tests. */

import { type Browser, chromium } from "playwright-core";
import { requireTool } from "./require.ts";

/** Starts Chromium without a window, and without requests of its own. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: requireTool("chromium"),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
