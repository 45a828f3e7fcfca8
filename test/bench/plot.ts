/** The plot: CPU time of a request, what the bare server takes of it and what ours adds. */

import { BarChart, BoxplotChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { baselineOf, isOwn, type Row, spreadOf } from "./results.ts";
import { rounded } from "./table.ts";

use([BarChart, BoxplotChart, ScatterChart, GridComponent, LegendComponent, TitleComponent]);
use([SVGRenderer]);

const WIDTH = 840;
const LABEL_WIDTH = 200;
/** At the right of each panel, for the number of its longest bar. */
const NUMBER_WIDTH = 40;
const TOP = 90;
const STEP = 24;
const SCALE_HEIGHT = 28;

/** Each color on a light page, and on a dark one. */
const COLORS = {
  text: ["#1f2328", "#e6edf3"],
  quiet: ["#59636e", "#9198a1"],
  line: ["#d0d7de", "#30363d"],
  bare: ["#8c959f", "#6e7681"],
  added: ["#0969da", "#4493f8"],
  other: ["#bf8700", "#d29922"],
} as const;

const NAMES = { bare: "the bare server", added: "what ours adds", other: "others" } as const;
const GROUPS = { bun: "Bun", deno: "Deno", node: "Node", other: "Others" } as const;

/** Draws hello over a Unix socket, a panel for each load. */
export function plot(rows: readonly Row[]): string {
  const drawn = rows.filter(({ part, scenario, transport }) =>
    part === "direct" && scenario === "hello" && transport === "unix"
  );
  const loads = [...new Set(drawn.map(({ detail }) => detail))].sort().reverse();
  const lines = Object.entries(GROUPS).flatMap(([runtime, group]) => {
    const servers = drawn.filter((row) => row.runtime === runtime).map(serverOf);
    return servers.length === 0 ? [] : [group, ...new Set(servers)];
  });
  const most = Math.max(...drawn.map((row) => spreadOf(row, "cpu")!.max));
  const panelWidth = (WIDTH - LABEL_WIDTH) / loads.length;
  const left = (panel: number) => LABEL_WIDTH + panel * panelWidth;
  const height = lines.length * STEP;

  const chart = init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height: TOP + height + SCALE_HEIGHT,
  });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: "system-ui, sans-serif" },
    title: [
      title("Server CPU time a request, µs: hello over a Unix socket", 8, 8, 14),
      ...loads.map((load, panel) => title(loadTitle(load), left(panel), TOP - 24, 12)),
    ],
    legend: {
      ...{ left: 8, top: 30, padding: 0, itemGap: 24 },
      ...{ itemWidth: 10, itemHeight: 10, icon: "rect" },
      textStyle: { color: COLORS.quiet[0] },
      data: Object.values(NAMES),
    },
    grid: loads.map((_, panel) => (
      { left: left(panel), width: panelWidth - NUMBER_WIDTH, top: TOP, height }
    )),
    xAxis: loads.map((_, gridIndex) => ({
      gridIndex,
      max: Math.ceil(most / 20) * 20,
      splitLine: { lineStyle: { color: COLORS.line[0] } },
      axisLabel: { color: COLORS.quiet[0] },
    })),
    yAxis: loads.map((_, gridIndex) => ({
      gridIndex,
      type: "category",
      inverse: true,
      data: lines,
      axisLabel: {
        show: gridIndex === 0,
        interval: 0,
        color: COLORS.text[0],
        formatter: (line: string) => /(?<=: ).*/.exec(line)?.[0] ?? `{group|${line}}`,
        rich: { group: { fontWeight: "bold" } },
      },
      axisLine: { lineStyle: { color: COLORS.line[0] } },
      axisTick: { show: false },
    })),
    series: loads.flatMap((load, panel) =>
      seriesOf(drawn.filter(({ detail }) => detail === load), rows, panel)
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return asPicture(svg);
}

/** The name of a line, which no other has. */
function serverOf({ runtime, variant }: Row): string {
  return `${runtime}: ${variant}`;
}

function loadTitle(detail: string): string {
  const text = detail.replace(/\d+/, (digits) => Number(digits).toLocaleString("en"));
  return `at ${text === "" ? "full load" : text}`;
}

function title(text: string, left: number, top: number, fontSize: number): object {
  return { text, left, top, padding: 0, textStyle: { fontSize, color: COLORS.text[0] } };
}

/** The bars of a panel, with the whiskers and the numbers over them. */
function seriesOf(some: readonly Row[], rows: readonly Row[], panel: number): object[] {
  const axes = { xAxisIndex: panel, yAxisIndex: panel };
  const bars = some.map((row) => {
    const { min, median, max } = spreadOf(row, "cpu")!;
    const isOther = row.runtime === "other" || isOwn(row);
    const bare = isOther ? undefined : baselineOf(row, rows);
    const floor = bare === undefined ? 0 : Math.min(median, spreadOf(bare, "cpu")!.median);
    const kind = isOther ? "other" : "added";
    return { server: serverOf(row), min, median, max, bare: floor, [kind]: median - floor };
  });
  const kinds = Object.entries(NAMES) as [keyof typeof NAMES, string][];
  return [
    ...kinds.map(([kind, name]) => ({
      ...axes,
      type: "bar",
      name,
      stack: `medians ${panel}`,
      barWidth: 16,
      itemStyle: { color: COLORS[kind][0] },
      data: bars.filter((bar) => bar[kind]).map((bar) => [bar[kind], bar.server]),
    })),
    {
      // Nothing but the whiskers, from the smallest to the largest.
      ...axes,
      type: "boxplot",
      boxWidth: 8,
      itemStyle: { borderColor: COLORS.text[0] },
      encode: { x: [0, 1, 2, 3, 4], y: 5 },
      data: bars.map(({ server, min, median, max }) => [min, median, median, median, max, server]),
    },
    {
      // Nothing but the numbers, behind the whiskers.
      ...axes,
      type: "scatter",
      symbolSize: 0,
      itemStyle: { opacity: 1 },
      label: { show: true, position: "right", formatter: "{@[2]}", color: COLORS.text[0] },
      data: bars.map(({ server, median, max }) => [max, server, rounded(median)]),
    },
  ];
}

/**
 * Takes out what a chart has for the pointer, and a picture has no use for; the colors of a dark page
 * go in.
 */
function asPicture(svg: string): string {
  const dark = Object.values(COLORS).flatMap(([light, dark]) =>
    ["fill", "stroke"].map((name) => `[${name}="${light}"]{${name}:${dark}}`)
  );
  return svg
    .replaceAll(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    .replace(
      /<style[^]*<\/style>/,
      `<style>@media (prefers-color-scheme:dark){${dark.join("")}}</style>`,
    );
}
