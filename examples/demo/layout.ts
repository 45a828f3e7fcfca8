/** The document around every page, with its style. */

import process from "node:process";
import { html, raw } from "hono/html";
import { style } from "./style.ts";

/** Markup that is already escaped. */
export type Markup = ReturnType<typeof html>;

/** The parts of a document that differ from page to page. */
export interface Frame {
  readonly title: string;
  readonly nonce: string;
  readonly body: Markup;
}

export function layout({ title, nonce, body }: Frame): Markup {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style nonce="${nonce}">${raw(style)}</style>
      </head>
      <body>
        <div class="sheet">
          ${body}
        </div>
      </body>
    </html>
  `;
}

/** Name and version of this runtime, such as "Bun 1.4.5". */
export function runtimeName(): string {
  // Node 20 has no navigator.
  return (globalThis.navigator?.userAgent ?? `Node.js/${process.versions.node}`).replace("/", " ");
}
