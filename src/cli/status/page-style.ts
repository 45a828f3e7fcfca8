/**
 * The style of the status page, light and dark.
 *
 * @module
 */

/** The style sheet. */
export const STYLE: string = `
:root { --back: #f5f6f8; --card: #fff; --text: #1c2128; --dim: #5b6572; --line: #dde1e7;
  --blue: #2463c4; --green: #1a7f4b; --amber: #9a6200; --red: #c4302b; --track: #e8ebf0 }
@media (prefers-color-scheme: dark) { :root { --back: #12151a; --card: #1b2027; --text: #e6e9ee;
  --dim: #9aa5b3; --line: #2c333d; --blue: #6aa2f7; --green: #4cc38a; --amber: #e0a83e;
  --red: #f2766f; --track: #2a313b } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.25rem 1rem 2rem; max-width: 68rem; background: var(--back);
  color: var(--text); font: 15px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin: 0 0 1rem }
h1, h2, p { margin: 0; font-size: 1rem }
h2 { color: var(--dim); font-size: .8rem; font-weight: 600; margin-bottom: .6rem }
#about, footer { color: var(--dim) }
#trouble { flex-basis: 100%; color: var(--red) }
.state { padding: .15rem .7rem; border-radius: 1rem; color: var(--card); background: var(--dim) }
.state.serving { background: var(--green) }
.state.draining, .state.starting { background: var(--amber) }
.state.unresponsive, .state.down, .state.gone { background: var(--red) }
main, #tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)) }
#tiles { grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); grid-column: 1 / -1 }
.wide { grid-column: 1 / -1 }
.tile, section { min-width: 0; padding: .8rem .9rem; border: 1px solid var(--line);
  border-radius: .5rem; background: var(--card) }
.tile { display: flex; flex-direction: column }
.tile h2 { margin: 0 }
.tile b { font-size: 1.5rem; font-weight: 600; line-height: 1.3 }
.tile small { color: var(--dim); flex: 1 }
svg { display: block; width: 100%; height: 2rem; margin-top: .4rem }
polyline { fill: none; stroke: var(--blue); stroke-width: 1.5; vector-effect: non-scaling-stroke }
.rows { display: grid; grid-template-columns: max-content 1fr max-content; gap: .25rem .75rem;
  align-items: center }
.bar { height: .6rem; border-radius: .3rem; background: var(--track); overflow: hidden }
.bar i:not([style*=" 0%"]) { min-width: 2px }
.bar i { display: block; height: 100%; background: var(--blue) }
.bar .c2xx { background: var(--green) }
.bar .c4xx { background: var(--amber) }
.bar .c5xx, .bar .cunanswered { background: var(--red) }
.rows span:nth-child(3n) { text-align: right }
.scroll { overflow-x: auto }
table { width: 100%; border-collapse: collapse; white-space: nowrap }
th { color: var(--dim); font-size: .8rem; font-weight: 600 }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line) }
tr:last-child td { border-bottom: 0 }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left }
td .state { font-size: .8rem; padding: .05rem .5rem }
a { color: var(--blue) }
footer { margin-top: 1rem; display: flex; gap: 1rem }
@media (max-width: 26rem) { main { grid-template-columns: minmax(0, 1fr) }
  #tiles { grid-template-columns: 1fr 1fr } }
`;
