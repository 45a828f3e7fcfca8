/**
 * The text formats of Prometheus: OpenMetrics 1.0, and the older text format 0.0.4.
 *
 * @see https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @module
 */

/** The labels of a sample, by name. */
export type Labels = Readonly<Record<string, string>>;

/** A value of a family, with its labels. */
export interface Sample<Value = number> {
  readonly labels?: Labels | undefined;
  readonly value: Value;
}

/** A distribution of values. */
export interface Distribution {
  /** The upper limits of the buckets, in ascending order; the last bucket has no limit. */
  readonly bounds: readonly number[];
  /** The number of values in each bucket. */
  readonly counts: readonly number[];
  readonly sum: number;
}

interface Named {
  /** Without the `_total` of a counter; ends with the unit. */
  readonly name: string;
  readonly help: string;
  readonly unit?: "seconds" | "bytes" | undefined;
}

/** A family of metrics. */
export type Family =
  | Named & { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] }
  | Named & { readonly type: "histogram"; readonly samples: readonly Sample<Distribution>[] };

/** A text format. */
export interface Format {
  readonly contentType: string;
  /** Whether a counter has its `_total` in the name of its family, too. */
  readonly totalInFamily: boolean;
}

/** OpenMetrics 1.0. */
export const OPEN_METRICS: Format = {
  contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  totalInFamily: false,
};

/** The text format 0.0.4, which `promtool check metrics` reads. */
export const PLAIN_TEXT: Format = {
  contentType: "text/plain; version=0.0.4; charset=utf-8",
  totalInFamily: true,
};

/** The format for a client: OpenMetrics where its `Accept` names that, and wants it no less. */
export function chooseFormat(accept: string | null): Format {
  const quality = (type: RegExp): number => {
    const ranges = (accept ?? "").split(",").map((range) => range.trim());
    const range = ranges.find((range) => type.test(range));
    if (range === undefined) return 0;
    return Number(/;\s*q=([0-9.]+)/i.exec(range)?.[1] ?? 1);
  };
  const wanted = quality(/^application\/openmetrics-text\b/i);
  return wanted > 0 && wanted >= quality(/^text\/plain\b/i) ? OPEN_METRICS : PLAIN_TEXT;
}

/**
 * The text of families of metrics. It ends with `# EOF`, a comment to readers of the older format.
 * A family without samples is left out.
 */
export function encodeMetrics(families: readonly Family[], format: Format): string {
  const present = families.filter(({ samples }) => samples.length > 0);
  return `${present.map((family) => encodeFamily(family, format)).join("")}# EOF\n`;
}

function encodeFamily(family: Family, { totalInFamily }: Format): string {
  const { type, unit, help } = family;
  const name = type === "counter" && totalInFamily ? `${family.name}_total` : family.name;
  const lines = [`# TYPE ${name} ${type}`];
  // The older format has no units.
  if (unit !== undefined && !totalInFamily) lines.push(`# UNIT ${name} ${unit}`);
  lines.push(`# HELP ${name} ${totalInFamily ? escapedPlain(help) : escaped(help)}`);
  if (family.type === "histogram") {
    for (const { labels, value } of family.samples) lines.push(...buckets(name, labels, value));
  } else {
    const suffix = type === "counter" ? "_total" : "";
    for (const { labels, value } of family.samples) {
      lines.push(line(`${family.name}${suffix}`, labels, value));
    }
  }
  return `${lines.join("\n")}\n`;
}

function buckets(
  name: string,
  labels: Labels | undefined,
  { bounds, counts, sum }: Distribution,
): string[] {
  let below = 0;
  const lines = counts.map((count, at) => {
    below += count;
    const bound = bounds[at];
    const le = bound === undefined ? "+Inf" : canonical(bound);
    return line(`${name}_bucket`, { ...labels, le }, below);
  });
  return [...lines, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, below)];
}

function line(name: string, labels: Labels = {}, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${number(value)}`;
}

/** A bucket's limit: OpenMetrics wants whole numbers with a fraction. */
function canonical(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  // Sums of fractions end in digits that mean nothing.
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(12)));
}

function escaped(text: string): string {
  return escapedPlain(text).replaceAll('"', '\\"');
}

/** In the older format a quote in a help text stands for itself. */
function escapedPlain(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
