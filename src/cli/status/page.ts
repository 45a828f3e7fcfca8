/**
 * The page of the status: one HTML file that asks for new figures each second.
 *
 * @module
 */

import { SCRIPT } from "./page-script.ts";
import { STYLE } from "./page-style.ts";

/** @param nonce Lets the browser take the style and the script of this page, and no other. */
export function page(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>scgi</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header>
<h1><span id="state" class="state">…</span></h1>
<p id="about"></p>
<p id="trouble" role="alert" hidden></p>
</header>
<noscript>This page needs JavaScript. The figures are in <a href="metrics">metrics</a> as well.</noscript>
<main>
<div id="tiles"></div>
<section><h2>Requests by status</h2><div id="classes" class="rows"></div></section>
<section><h2>Durations</h2><div id="durations" class="rows"></div></section>
<section id="refused" hidden><h2>Refused or abandoned</h2><div id="rejected" class="rows"></div></section>
<section id="team" class="wide" hidden><h2>Workers</h2><div class="scroll"><table id="workers"></table></div></section>
</main>
<footer><a href="metrics">metrics</a> <a href="stats.json">stats.json</a> <a href="healthz">healthz</a></footer>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`;
}
