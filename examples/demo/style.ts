/** The style sheet of every page. */

export const style: string = String.raw`
:root {
  color-scheme: light dark;
  --paper: #f3f6f5;
  --card: #fff;
  --ink: #13201c;
  --soft: #51625b;
  --line: #d5dfdb;
  --accent: #00675b;
  --wash: #e4f1ee;
  --ink1: #00796b;
  --ink2: #2b59c3;
  --ink3: #c77700;
  --ink4: #c62828;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "Liberation Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0e1513;
    --card: #151e1b;
    --ink: #e4ece9;
    --soft: #9db1a9;
    --line: #29362f;
    --accent: #6cd3bd;
    --wash: #182a26;
    --ink1: #6cd3bd;
    --ink2: #8fb0ff;
    --ink3: #f0b44c;
    --ink4: #ff8a80;
  }
}

* { box-sizing: border-box; margin: 0; padding: 0; }

body {
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 var(--sans);
  -webkit-text-size-adjust: 100%;
}

.sheet { max-width: 72rem; margin: 0 auto; padding: clamp(1.25rem, 4vw, 3rem) clamp(1rem, 4vw, 2.5rem); }

h1 { font-size: clamp(1.75rem, 1.2rem + 2.6vw, 3rem); line-height: 1.1; letter-spacing: -0.025em; text-wrap: balance; }
h2 { font-size: 1rem; line-height: 1.3; }
h3 { display: inline; font-size: 0.875rem; }
a { color: var(--accent); text-underline-offset: 0.2em; }
ol, ul { list-style: none; }
i { color: var(--soft); }
code, dd, .target, .name { font-family: var(--mono); overflow-wrap: anywhere; }

:focus-visible, .drop:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 3px; }

.masthead { margin-bottom: clamp(1.75rem, 4vw, 3rem); }
.brand { margin-bottom: 1.5rem; font: 600 0.9375rem/1 var(--mono); color: var(--accent); }
.brand span { font-weight: 400; color: var(--soft); }
.lede { max-width: 38rem; margin-top: 0.75rem; color: var(--soft); }
.lede b { color: var(--ink); }

.route { margin-top: 1.75rem; }
.route li { display: flex; flex-direction: column; }
.station { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; padding: 0.625rem 0.875rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); }
.route li:last-child .station { border-color: var(--accent); }
.kind { font-size: 0.8125rem; color: var(--soft); }
.name { font-size: 0.875rem; }
.link { display: flex; align-items: center; height: 1.75rem; margin-left: 1.25rem; padding-left: 0.75rem; border-left: 1px solid var(--accent); font: 0.75rem/1 var(--mono); color: var(--accent); }
.link.scgi span { padding: 0.3125rem 0.5rem; border-radius: 1rem; background: var(--accent); color: var(--card); }

main, .cards { display: grid; gap: 1rem; align-content: start; }
section { min-width: 0; padding: 1.25rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--card); }

.figure { margin-top: 0.5rem; font-size: 2.75rem; font-weight: 600; line-height: 1.1; letter-spacing: -0.03em; font-variant-numeric: tabular-nums; }
.note { font-size: 0.875rem; color: var(--soft); }

form { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; }
button { min-height: 2.75rem; padding: 0 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: none; color: inherit; font: 500 0.875rem var(--sans); cursor: pointer; }
noscript button { margin-bottom: 0.625rem; }
button:hover { border-color: var(--accent); color: var(--accent); }

.drop { flex: 1 0 100%; position: relative; display: grid; place-items: center; min-height: 6.5rem; margin: 0.875rem 0 0.625rem; padding: 1rem; border: 1.5px dashed var(--soft); border-radius: 0.5rem; text-align: center; cursor: pointer; }
.drop:hover, .drop.over { border-color: var(--accent); background: var(--wash); }
.drop b { color: var(--accent); }
.drop input { position: absolute; width: 1px; height: 1px; opacity: 0; }

.meter { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; margin-top: 1rem; font-size: 0.875rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.meter span { color: var(--soft); }
progress { display: block; width: 100%; height: 0.5rem; margin-top: 0.375rem; border: 0; border-radius: 1rem; overflow: hidden; appearance: none; background: var(--line); }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); }
progress::-moz-progress-bar { background: var(--accent); }
#upload-state { margin-top: 0.5rem; font-size: 0.875rem; }

.board { padding: 0; overflow: hidden; }
.board h2, .board form { margin: 1rem 1.25rem; }
.board .note { min-height: 1.5rem; margin: 0 1.25rem 1rem; }
#board { display: block; width: 100%; aspect-ratio: 8 / 5; border-block: 1px solid var(--line); background: var(--paper); touch-action: none; }
.online #board { cursor: crosshair; }
#board polyline { fill: none; stroke: var(--tint); stroke-width: 4px; vector-effect: non-scaling-stroke; stroke-linecap: round; stroke-linejoin: round; }
.ink0 { --tint: var(--ink); }
.ink1 { --tint: var(--ink1); }
.ink2 { --tint: var(--ink2); }
.ink3 { --tint: var(--ink3); }
.ink4 { --tint: var(--ink4); }
fieldset { margin: 0 -0.625rem; border: 0; }
fieldset:not([hidden]) { display: flex; }
legend { position: absolute; width: 1px; height: 1px; overflow: hidden; }
fieldset label { display: grid; place-items: center; width: 2.75rem; height: 2.75rem; cursor: pointer; }
fieldset input { width: 1.5rem; height: 1.5rem; border: 2px solid var(--card); border-radius: 50%; background: var(--tint); appearance: none; cursor: pointer; }
fieldset input:checked { outline: 2px solid var(--tint); }

.links { margin-top: 0.5rem; }
.links li { display: flex; align-items: center; justify-content: space-between; gap: 1rem; min-height: 2.75rem; }
.links li + li { border-top: 1px solid var(--line); }
.links span { font: 0.875rem var(--mono); color: var(--soft); }

.target { margin-top: 0.75rem; padding: 0.75rem 0.875rem; border-radius: 0.5rem; background: var(--wash); font-size: 0.9375rem; }
.target b { margin-right: 0.25rem; color: var(--accent); }

details { margin-top: 1.25rem; }
summary { min-height: 2.75rem; padding: 0.625rem 0; cursor: pointer; }
summary span { margin-left: 0.25rem; font: 0.8125rem var(--mono); color: var(--soft); }
dl div { padding: 0.5rem 0; border-top: 1px solid var(--line); }
dt { font: 0.8125rem/1.5 var(--mono); color: var(--soft); overflow-wrap: anywhere; }
dd { font-size: 0.8125rem; line-height: 1.5; }

.message { display: flex; flex-direction: column; justify-content: center; align-items: start; gap: 0.75rem; max-width: 34rem; min-height: 80vh; }
.message .status { font: 600 1rem var(--mono); color: var(--accent); }

@media (scripting: none) {
  .drop input { position: static; width: auto; height: auto; max-width: 100%; opacity: 1; }
  .drop span { display: none; }
}

@media (min-width: 44rem) {
  .route { display: flex; }
  .route li { flex-direction: row; align-items: center; }
  .route li:not(:last-child) { flex: 1 1 auto; }
  .route li:nth-child(n + 3) .name { white-space: nowrap; }
  .station { flex-direction: column; justify-content: start; }
  .link { position: relative; flex: 1; justify-content: center; min-width: 5.5rem; height: auto; margin: 0; padding: 0; border: 0; }
  .link::before { content: ""; position: absolute; inset: 50% 0 auto; border-top: 1px solid var(--accent); }
  .link span { position: relative; }
  .link:not(.scgi) span { padding: 0 0.5rem; background: var(--paper); }
  .request dl div { display: grid; grid-template-columns: minmax(9rem, 16rem) 1fr; gap: 1rem; }
}

@media (min-width: 44rem) and (max-width: 63.99rem) {
  .cards { grid-template-columns: 1fr 1fr; }
  .cards :nth-child(n + 3 of section) { grid-column: 1 / -1; }
}

@media (min-width: 64rem) {
  main { grid-template: "cards board" auto "cards request" 1fr / 22rem 1fr; gap: 1.25rem; align-items: start; }
  .board { grid-area: board; }
  .cards { grid-area: cards; }
  .request { grid-area: request; }
  .cards { gap: 1.25rem; }
  section:not(.board) { padding: 1.5rem; }
}
`;
