/**
 * A strict reader of OpenMetrics 1.0, as far as its counters, gauges and histograms go, by the ABNF and
 * the rules of the specification.
 */

/** A sample as it was read. */
export interface ReadSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** A family as it was read. */
export interface ReadFamily {
  name: string;
  type: string;
  unit?: string;
  help?: string;
  samples: ReadSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|Inf)|NaN`;
const ESCAPED = String.raw`(?:[^\n"\\]|\\["\\n])*`;
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="${ESCAPED}"`;
const DESCRIPTOR = new RegExp(String.raw`^# (TYPE|UNIT|HELP) (${NAME}) ([^\n]*)$`);
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{(${LABEL}(?:,${LABEL})*)\})? (${NUMBER})$`);
const SUFFIXES: Record<string, string[]> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

/** Reads a text; throws where it breaks a rule. */
export function parseOpenMetrics(text: string): ReadFamily[] {
  if (!text.endsWith("# EOF\n")) throw new Error("It does not end with # EOF");
  const families: ReadFamily[] = [];
  for (const line of text.slice(0, -"# EOF\n".length).split("\n").slice(0, -1)) {
    const [, kind, name = "", rest = ""] = DESCRIPTOR.exec(line) ?? [];
    let family = families.at(-1);
    if (kind !== undefined) {
      if (kind === "TYPE") {
        if (families.some((other) => other.name === name)) throw new Error(`${name} comes twice`);
        if (!(rest in SUFFIXES)) throw new Error(`${name} has the type ${rest}`);
        families.push({ name, type: rest, samples: [] });
        continue;
      }
      if (family?.name !== name || family.samples.length > 0) throw new Error(`Too late: ${line}`);
      if (kind === "UNIT") {
        if (!name.endsWith(`_${rest}`)) throw new Error(`${name} does not end with ${rest}`);
        family.unit = rest;
      } else {
        if (!new RegExp(`^${ESCAPED}$`).test(rest)) throw new Error(`Not escaped: ${line}`);
        family.help = unescaped(rest);
      }
      continue;
    }
    const [, sample = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (sample === "") throw new Error(`No sample: ${line}`);
    family = families.at(-1)!;
    const suffix = sample.slice(family.name.length);
    if (!sample.startsWith(family.name) || !SUFFIXES[family.type]!.includes(suffix)) {
      throw new Error(`${sample} is no sample of ${family.name}`);
    }
    family.samples.push({ name: sample, labels: readLabels(labels), value: readNumber(value) });
  }
  families.forEach(checkValues);
  return families;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(new RegExp(`(\\w+)="(${ESCAPED})"`, "g"))) {
    if (name in labels) throw new Error(`${name} comes twice in ${text}`);
    labels[name] = unescaped(value);
  }
  return labels;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, letter: string) => letter === "n" ? "\n" : letter);
}

function readNumber(text: string): number {
  return Number(text.replace("Inf", "Infinity"));
}

function checkValues({ name, type, samples }: ReadFamily): void {
  const seen = new Set<string>();
  for (const { name, labels } of samples) {
    const key = JSON.stringify([name, Object.entries(labels).sort()]);
    if (seen.has(key)) throw new Error(`${key} comes twice`);
    seen.add(key);
  }
  if (type === "counter" && samples.some(({ value }) => !(value >= 0))) {
    throw new Error(`${name} is below 0`);
  }
  if (type !== "histogram") return;
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest));
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name.endsWith("_bucket"));
    const limits = buckets.map(({ labels }) => readNumber(labels.le ?? ""));
    const counts = buckets.map(({ value }) => value);
    const count = group.find((sample) => sample.name.endsWith("_count"))?.value;
    const inOrder = (list: number[]) => list.every((one, at) => at === 0 || one >= list[at - 1]!);
    if (limits.at(-1) !== Infinity || new Set(limits).size < limits.length) {
      throw new Error(`${name} has the limits ${limits}`);
    }
    if (!inOrder(limits) || !inOrder(counts) || counts.at(-1) !== count) {
      throw new Error(`${name} has the counts ${counts} of ${count}`);
    }
    if (buckets.some(({ labels }) => labels.le !== "+Inf" && !/[.e]/.test(labels.le!))) {
      throw new Error(`${name} has a limit without a fraction`);
    }
  }
}
