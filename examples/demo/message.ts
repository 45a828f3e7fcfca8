/** The error pages: 500 and 404. */

import { html } from "hono/html";
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
