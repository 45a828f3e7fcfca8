/** Rows as text: a line each in the terminal, and tables in Markdown. */

import {
  baselineOf,
  differenceOf,
  isBaseline,
  isOwn,
  type Metric,
  ownOf,
  ratioOf,
  type Row,
  type Spread,
  spreadOf,
} from "./results.ts";

/** Where a server is less busy than this, its requests a second are the generators' limit. */
export const BUSY = 0.9;

/** One row, for the terminal. */
export function line(row: Row, rows: readonly Row[]): string {
  const told = (["perSecond", "p50", "p99", "cpu", "busy", "idleBytes", "startUp"] as const)
    .flatMap((metric) => {
      const value = spreadOf(row, metric);
      return value === undefined ? [] : `${metric} ${number(value.median)}`;
    });
  const ratio = ratioOf(row, baselineOf(row, rows), row.part === "start-up" ? "startUp" : "cpu");
  if (ratio !== undefined && !isBaseline(row)) {
    told.push(`× ${baselineOf(row, rows)!.variant} ${ratio.median.toFixed(2)}`);
  }
  const own = ownOf(row, rows);
  const overOwn = ratioOf(row, own, "cpu");
  if (overOwn !== undefined && !isOwn(row)) {
    told.push(`× ${own!.variant} ${overOwn.median.toFixed(2)}`);
  }
  return `${titleOf(row)}: ${row.runtime} ${row.variant}: ${told.join(", ")}`;
}

/** What all rows of a table have in common. */
export function titleOf({ part, scenario, detail, transport }: Row): string {
  return `${part}, ${scenario}${detail === "" ? "" : `, ${detail}`}, ${transport}`;
}

/** A column of a table. */
export interface Column {
  readonly title: string;
  cell(row: Row, rows: readonly Row[]): string;
}

/** A column of CPU time over that of the runtime's own HTTP server. */
export const ownColumn: Column = {
  title: "CPU × own HTTP server",
  cell(row, rows) {
    const ratio = ratioOf(row, ownOf(row, rows), "cpu");
    return ratio === undefined || isOwn(row) ? "" : spreadText(ratio);
  },
};

/** The columns for servers under load. */
export const loadColumns: readonly Column[] = [
  { title: "requests/s", cell: perSecond },
  { title: "p50 µs", cell: spreadCell("p50") },
  { title: "p99 µs", cell: spreadCell("p99") },
  { title: "server CPU µs/request", cell: spreadCell("cpu") },
  { title: "CPU × bare", cell: ratioCell("cpu") },
  { title: "requests/s × bare", cell: ratioCell("perSecond") },
  { title: "peak MiB", cell: spreadCell("memory", (kibibytes) => kibibytes / 1024) },
  { title: "server busy", cell: percent("busy") },
];

/** A column of a metric, with its spread. */
export function spreadColumn(
  title: string,
  metric: Metric,
  of: (value: number) => number = (value) => value,
): Column {
  return { title, cell: spreadCell(metric, of) };
}

/** A column of what a metric is over the bare server's. */
export function ratioColumn(title: string, metric: Metric): Column {
  return { title, cell: ratioCell(metric) };
}

/** A column of what a metric is more than that of what is measured against. */
export function differenceColumn(title: string, metric: Metric): Column {
  return {
    title,
    cell(row, rows) {
      const difference = differenceOf(row, baselineOf(row, rows), metric);
      return difference === undefined || isBaseline(row) ? "" : spreadText(difference);
    },
  };
}

/** A table of some rows of all. */
export function table(
  some: readonly Row[],
  rows: readonly Row[],
  columns: readonly Column[],
): string {
  const lines = some.map((row) => {
    const runtime = row.runtime === "other" ? "" : row.runtime;
    return ["", runtime, row.variant, ...columns.map(({ cell }) => cell(row, rows)), ""];
  });
  const titles = ["", "", "server", ...columns.map(({ title }) => title), ""];
  const rule = titles.map((_, index) =>
    index === 0 || index === titles.length - 1 ? "" : index < 3 ? " --- " : " ---: "
  );
  return `${
    [titles.join(" | ").trim(), rule.join("|"), ...lines.map((cells) => cells.join(" | ").trim())]
      .join("\n")
  }\n`;
}

/** A number with as many digits as it is worth. */
export function number(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** A number for readers. */
export function rounded(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

/** The middle, and from where to where. */
export function spreadText({ min, median, max }: Spread): string {
  const to = min < 0 ? " to " : "–";
  return `${number(median)} (${number(min)}${to}${number(max)})`;
}

function spreadCell(
  metric: Metric,
  of: (value: number) => number = (value) => value,
): Column["cell"] {
  return (row) => {
    const spread = spreadOf(row, metric);
    if (spread === undefined) return "";
    const { min, median, max } = spread;
    return spreadText({ min: of(min), median: of(median), max: of(max) });
  };
}

function ratioCell(metric: Metric): Column["cell"] {
  return (row, rows) => {
    const ratio = ratioOf(row, baselineOf(row, rows), metric);
    return ratio === undefined || isBaseline(row) ? "" : spreadText(ratio);
  };
}

function percent(metric: Metric): Column["cell"] {
  return (row) => {
    const spread = spreadOf(row, metric);
    return spread === undefined ? "" : `${Math.round(spread.median * 100)} %`;
  };
}

/** A † where it is not the server that set the pace. */
function perSecond(row: Row): string {
  const spread = spreadOf(row, "perSecond");
  if (spread === undefined) return "";
  const busy = spreadOf(row, "busy");
  return `${spreadText(spread)}${busy !== undefined && busy.median < BUSY ? " †" : ""}`;
}
