/** The demo's home page. */

import { html, raw } from "hono/html";
import type { Board } from "./board.ts";
import { boardCard } from "./board-card.ts";
import { boardScript } from "./board-script.ts";
import { cards } from "./cards.ts";
import { layout, type Markup } from "./layout.ts";
import { masthead } from "./masthead.ts";
import { type Pair, requestSeen } from "./request.ts";
import { script } from "./script.ts";

export interface Home {
  readonly request: Request;
  /** CGI variables and bindings; the page shows those that are strings. */
  readonly env: Record<string, unknown>;
  readonly visits: number;
  readonly board: Board;
  readonly nonce: string;
}

export function homePage({ request, env, visits, board, nonce }: Home): Markup {
  const variables = Object.entries(env).filter(isText);
  return layout({
    title: "scgi demo",
    nonce,
    body: html`
      ${masthead(Object.fromEntries(variables))}
      <main>
        ${boardCard(board)} ${cards(visits)} ${requestSeen(request, variables)}
      </main>
      <script type="module" nonce="${nonce}">${raw(script)}</script>
      <script type="module" nonce="${nonce}">${raw(boardScript)}</script>
    `,
  });
}

function isText(entry: [string, unknown]): entry is Pair {
  return typeof entry[1] === "string";
}
