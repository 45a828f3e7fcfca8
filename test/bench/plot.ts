/** The plot: CPU time of a request, what the bare server takes of it and what ours adds. */

import { baselineOf, type Row, spreadOf } from "./results.ts";

const LABEL_WIDTH = 230;
const WIDTH = 760;
const BAR = 18;
const STEP = 26;
const GROUP_GAP = 30;
const TOP = 72;
const SCALE_HEIGHT = 40;
/** Round steps of the scale, and how many of them there are at most. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const MOST_STEPS = 8;

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 14px; }
.group { font-weight: 600; }
.scale { stroke: #d0d7de; }
.quiet { fill: #59636e; }
.floor { fill: #8c959f; }
.added { fill: #0969da; }
.other { fill: #bf8700; }
.whisker { stroke: #1f2328; fill: none; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .scale { stroke: #30363d; }
  .quiet { fill: #9198a1; }
  .floor { fill: #6e7681; }
  .added { fill: #4493f8; }
  .other { fill: #d29922; }
  .whisker { stroke: #e6edf3; }
}
`;

const groups = { bun: "Bun", deno: "Deno", node: "Node", other: "Others" } as const;

/** Draws hello over a Unix socket. */
export function plot(rows: readonly Row[]): string {
  const drawn = rows.filter(({ part, scenario, transport }) =>
    part === "direct" && scenario === "hello" && transport === "unix"
  );
  const most = Math.max(1, ...drawn.map((row) => spreadOf(row, "cpu")?.max ?? 0));
  const step = STEPS.find((one) => most / one <= MOST_STEPS) ?? most;
  const scale = Math.ceil(most / step) * step;
  const x = (value: number) => LABEL_WIDTH + value / scale * (WIDTH - LABEL_WIDTH - 60);
  let y = TOP;
  const parts: string[] = [];
  for (const [runtime, title] of Object.entries(groups)) {
    const some = drawn.filter((row) => row.runtime === runtime);
    if (some.length === 0) continue;
    parts.push(`<text class="group" x="12" y="${y + 13}">${title}</text>`);
    for (const row of some) {
      parts.push(bar(row, baselineOf(row, rows), y, x));
      y += STEP;
    }
    y += GROUP_GAP - (STEP - BAR);
  }
  const bottom = y - GROUP_GAP + 8;
  const lines = Array.from({ length: scale / step + 1 }, (_, index) => {
    const at = x(index * step).toFixed(1);
    return `<line class="scale" x1="${at}" x2="${at}" y1="${TOP - 8}" y2="${bottom}"/>` +
      `<text class="quiet" text-anchor="middle" x="${at}" y="${bottom + 16}">${
        index * step
      }</text>`;
  });
  const height = bottom + SCALE_HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<style>${STYLE}</style>
<text class="title" x="12" y="22">Server CPU time a request, µs: hello over a Unix socket</text>
${legend()}
${lines.join("\n")}
${parts.join("\n")}
</svg>
`;
}

function bar(row: Row, bare: Row | undefined, y: number, x: (value: number) => number): string {
  const { min, median, max } = spreadOf(row, "cpu")!;
  const floor = bare === undefined ? 0 : Math.min(median, spreadOf(bare, "cpu")!.median);
  const rectangle = (kind: string, from: number, to: number) =>
    to <= from
      ? ""
      : `<rect class="${kind}" x="${x(from).toFixed(1)}" y="${y}" width="${
        (x(to) - x(from)).toFixed(1)
      }" height="${BAR}"/>`;
  const middle = y + BAR / 2;
  const [left, right] = [x(min).toFixed(1), x(max).toFixed(1)];
  const whisker = `<path class="whisker" d="M${left} ${middle}H${right}M${left} ${
    middle - 4
  }v8M${right} ${middle - 4}v8"/>`;
  const ends = Math.max(x(max), x(median));
  return [
    `<text text-anchor="end" x="${LABEL_WIDTH - 8}" y="${y + 13}">${row.variant}</text>`,
    rectangle("floor", 0, floor),
    rectangle(row.runtime === "other" ? "other" : "added", floor, median),
    whisker,
    `<text x="${(ends + 6).toFixed(1)}" y="${y + 13}">${median.toFixed(1)}</text>`,
  ].join("");
}

function legend(): string {
  const entries = [["floor", "the bare server"], ["added", "what ours adds"], ["other", "others"]];
  return entries.map(([kind, text], index) => {
    const left = 12 + index * 125;
    return `<rect class="${kind}" x="${left}" y="34" width="10" height="10"/>` +
      `<text class="quiet" x="${left + 15}" y="43">${text}</text>`;
  }).join("");
}
