/** The head of the home page, with the stations that the request passed. */

import { html } from "hono/html";
import { webServerName } from "./front.ts";
import { type Markup, runtimeName } from "./layout.ts";

/** Renders the head; the CGI variables name the stations. */
export function masthead(variables: Partial<Record<string, string>>): Markup {
  const overScgi = variables["SCGI"] === "1";
  return html`
    <header class="masthead">
      <p class="brand">scgi <span>demo</span></p>
      <h1>${overScgi ? "This page came over SCGI" : "This page came without SCGI"}</h1>
      <p class="lede">${overScgi ? OVER_SCGI : WITHOUT_SCGI}</p>
      <ol class="route" aria-label="The way of this request">
        ${station("Browser", variables["REMOTE_ADDR"], variables["SERVER_PROTOCOL"] ?? "HTTP")}
        ${overScgi && station("Web server", webServerName(variables), "SCGI")}
        ${station("Runtime", runtimeName(), "fetch")}
        ${station("App", "Hono")}
      </ol>
    </header>
  `;
}

const OVER_SCGI = html`
  A web server took the request, <b>scgi</b> handed it to a fetch handler, and a Hono app answered.
  Below is what it saw, and what it can do.
`;

const WITHOUT_SCGI = html`
  The Hono app answered, but the request came straight to the runtime.
  Start the app with <b>scgi serve</b> to see the way that it was made for.
`;

function station(kind: string, name: string | undefined, next?: string): Markup {
  return html`
    <li>
      <span class="station">
        <span class="kind">${kind}</span>
        <span class="name">${name || "unnamed"}</span>
      </span>
      ${next && html`<span class="link ${next === "SCGI" && "scgi"}"><span>${next}</span></span>`}
    </li>
  `;
}
