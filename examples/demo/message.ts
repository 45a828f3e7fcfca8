/** The pages of a single message: errors, and the hash of an upload. */

import { html } from "hono/html";
import type { Digest } from "./digest.ts";
import { layout, type Markup } from "./layout.ts";

/** The page of a 500: reveals nothing about the error. */
export function errorPage(url: string, nonce: string): Markup {
  return messagePage({
    status: 500,
    heading: "The app failed to answer",
    text: "Something threw an error. What and where is in the server’s log, and only there.",
    url,
    nonce,
  });
}

/** The page of a 404: names the path. */
export function missingPage(url: string, nonce: string): Markup {
  return messagePage({
    status: 404,
    heading: "There is no such page",
    text: html`Nothing answers at <code>${new URL(url).pathname}</code>.`,
    url,
    nonce,
  });
}

/** The page of an upload that is longer than the app keeps. */
export function tooLargePage(url: string, nonce: string): Markup {
  return messagePage({
    status: 413,
    heading: "That file is too large",
    text: "Without JavaScript the upload takes 16 MiB.",
    url,
    nonce,
  });
}

/** The page of an upload that a form sent. */
export function hashPage({ size, sha256 }: Digest, url: string, nonce: string): Markup {
  return messagePage({
    status: 200,
    heading: "The upload arrived whole",
    text: html`${size.toLocaleString("en")} bytes, with the SHA-256 <code>${sha256}</code>`,
    url,
    nonce,
  });
}

interface Message {
  readonly status: number;
  readonly heading: string;
  readonly text: string | Markup;
  readonly url: string;
  readonly nonce: string;
}

function messagePage({ status, heading, text, url, nonce }: Message): Markup {
  return layout({
    title: `${status} · ${heading}`,
    nonce,
    body: html`
      <main class="message">
        <p class="status">${status}</p>
        <h1>${heading}</h1>
        <p>${text}</p>
        <p><a href="${home(url)}">Back to the demo</a></p>
      </main>
    `,
  });
}

// Relative, a step up for each segment, because the app does not know its mount prefix.
function home(url: string): string {
  const depth = new URL(url).pathname.split("/").length - 2;
  return depth === 0 ? "./" : "../".repeat(depth);
}
