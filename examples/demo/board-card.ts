/** The board on the home page, with the lines that it has when the page is made. */

import { html } from "hono/html";
import type { Board } from "./board.ts";
import type { Markup } from "./layout.ts";
import { HEIGHT, INKS, WIDTH } from "./stroke.ts";

export function boardCard({ lines }: Board): Markup {
  return html`
    <section class="board" aria-labelledby="board-title">
      <h2 id="board-title">A board that all visitors share</h2>
      <svg id="board" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="What visitors drew">
        ${[...lines.values()].map(({ ink, points }) =>
          html`
            <polyline class="ink${ink}" points="${points.join()}" />
          `
        )}
      </svg>
      <form id="tools" method="post" action="wipe">
        <fieldset id="inks" hidden>
          <legend>Ink</legend>
          ${INKS.map(inkChoice)}
        </fieldset>
        <button>Wipe</button>
      </form>
      <p class="note" id="board-state" role="status">
        <noscript>As it was when this page was made. Drawing needs JavaScript.</noscript>
      </p>
    </section>
  `;
}

function inkChoice(name: string, ink: number): Markup {
  return html`
    <label class="ink${ink}" title="${name}">
      <input type="radio" name="ink" value="${ink}" aria-label="${name}" ${ink === 1 && "checked"}>
    </label>
  `;
}
