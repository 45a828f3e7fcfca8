/** The board of the demo, in a browser. */

import type { Page } from "playwright-core";

/** Waits until the page has its socket. */
export async function online(page: Page): Promise<void> {
  await page.waitForSelector("body.online");
}

/** Draws a line with the mouse, through points that are parts of the board's width and height. */
export async function draw(page: Page, points: [x: number, y: number][]): Promise<void> {
  const { x, y, width, height } = await boardBox(page);
  const at = ([right, down]: [number, number]) => [x + right * width, y + down * height] as const;
  await page.mouse.move(...at(points[0]!));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point));
  await page.mouse.up();
}

/** Where the board is on the screen, after the page has scrolled to it. */
export async function boardBox(page: Page) {
  const board = page.locator("#board");
  await board.scrollIntoViewIfNeeded();
  return (await board.boundingBox())!;
}

/** The lines on the board, each as its points. */
export function drawn(page: Page): Promise<string[]> {
  return page.locator("#board polyline").evaluateAll((lines) =>
    lines.map((line) => line.getAttribute("points")!.trim().replaceAll(" ", ","))
  );
}
