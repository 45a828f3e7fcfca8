/** Shows the request as the handler saw it. */

import { html } from "hono/html";
import { disclose } from "./disclose.ts";
import type { Markup } from "./layout.ts";

export type Pair = [name: string, value: string];

/** Renders method and URL, then the headers, then the CGI variables. */
export function requestSeen(request: Request, variables: Pair[]): Markup {
  const { method, url, headers } = request;
  return html`
    <section class="request" aria-labelledby="request-title">
      <h2 id="request-title">The request, as the handler saw it</h2>
      <p class="target"><b id="method">${method}</b> <span id="url">${url}</span></p>
      ${pairs("headers", "Headers", [...headers])}
      ${pairs("variables", "CGI variables", variables)}
    </section>
  `;
}

function pairs(id: string, title: string, list: Pair[]): Markup {
  return html`
    <details>
      <summary><h3>${title}</h3> <span>${list.length}</span></summary>
      <dl id="${id}">
        ${list.map(([name, value]) =>
          html`
            <div>
              <dt>${name}</dt>
              <dd>${shown(name, value)}</dd>
            </div>
          `
        )}
      </dl>
    </details>
  `;
}

function shown(name: string, value: string): Markup {
  const text = disclose(name, value);
  if (text === "") return html`<i>empty</i>`;
  return text === value ? html`${value}` : html`<i>${text}</i>`;
}
