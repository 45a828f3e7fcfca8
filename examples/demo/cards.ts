/** The home page's cards: features of an app over SCGI. */

import { html } from "hono/html";
import type { Markup } from "./layout.ts";

export function cards(visits: number): Markup {
  return html`
    <div class="cards">
      ${clock()} ${counter(visits)} ${upload()} ${failures()}
    </div>
  `;
}

function clock(): Markup {
  const time = new Date().toISOString().slice(11, 19);
  return html`
    <section aria-labelledby="clock-title">
      <h2 id="clock-title">A live clock</h2>
      <p class="figure"><time id="clock" role="timer">${time}</time></p>
      <p class="note" id="clock-state">
        UTC, when this page was made<noscript>. It ticks with JavaScript</noscript>
      </p>
    </section>
  `;
}

function counter(visits: number): Markup {
  return html`
    <section aria-labelledby="visits-title">
      <h2 id="visits-title">A counter in a cookie</h2>
      <p class="figure"><span id="visits">${visits}</span></p>
      <form method="post" action="reset">
        <p class="note">${visits === 1 ? "visit" : "visits"} from this browser</p>
        <button>Start again</button>
      </form>
    </section>
  `;
}

function upload(): Markup {
  return html`
    <section aria-labelledby="upload-title">
      <h2 id="upload-title">An upload, hashed as it arrives</h2>
      <form method="post" action="upload/form" enctype="multipart/form-data">
        <label class="drop" id="drop">
          <input type="file" id="file" name="file" required aria-describedby="upload-note">
          <span><b>Choose a file</b> or drop one here</span>
        </label>
        <noscript><button>Send it</button></noscript>
      </form>
      <p class="note" id="upload-note">Nothing is stored: each piece is hashed and let go.</p>
      <div id="upload" hidden>
        <p class="meter"><label for="progress" id="upload-name"></label> <span id="percent"></span></p>
        <progress id="progress" max="100" value="0"></progress>
      </div>
      <div role="status" id="upload-state"></div>
    </section>
  `;
}

function failures(): Markup {
  return html`
    <section aria-labelledby="failures-title">
      <h2 id="failures-title">When it goes wrong</h2>
      <ul class="links">
        <li><a href="error">A handler that throws</a> <span>500</span></li>
        <li><a href="no/such/page">A page that is not there</a> <span>404</span></li>
      </ul>
    </section>
  `;
}
