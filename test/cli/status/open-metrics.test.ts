/** The text formats of the metrics. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { familiesOf } from "../../../src/cli/status/families.ts";
import {
  chooseFormat,
  encodeMetrics,
  type Family,
  OPEN_METRICS,
  PLAIN_TEXT,
} from "../../../src/cli/status/open-metrics.ts";
import { parseOpenMetrics } from "./open-metrics-parser.ts";
import { arbitrarySnapshot } from "./arbitrary-snapshot.ts";

const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\r", ""));
const name = fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,9}$/);
const labels = fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/), text, { maxKeys: 3 })
  .map(({ le: _, ...rest }) => rest);

const counts = fc.tuple(
  fc.uniqueArray(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 5 }),
  fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
).map(([bounds, counts, sum]) => ({
  bounds: bounds.toSorted((a, b) => a - b),
  counts: counts.slice(0, bounds.length + 1),
  sum,
}));

const family: fc.Arbitrary<Family> = fc.oneof(
  fc.record({
    type: fc.constantFrom("counter" as const, "gauge" as const),
    name,
    help: text,
    samples: fc.array(
      fc.record({ labels, value: fc.double({ min: 0, max: 1e300, noNaN: true }) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  }),
  fc.record({
    type: fc.constant("histogram" as const),
    name,
    help: text,
    samples: fc.array(fc.record({ labels, value: counts }), { minLength: 1, maxLength: 2 }),
  }),
).map((made) => {
  const keys = new Set<string>();
  const samples = (made.samples as { labels: Record<string, string> }[]).filter(({ labels }) => {
    const key = JSON.stringify(Object.entries(labels).sort());
    return !keys.has(key) && keys.add(key);
  });
  return { ...made, name: `${made.name}_x`, samples } as unknown as Family;
});

test("any families are read back by the rules of OpenMetrics, with names, labels and helps", () => {
  const families = fc.uniqueArray(family, { maxLength: 4, selector: ({ name }) => name });
  fc.assert(fc.property(families, (families) => {
    const read = parseOpenMetrics(encodeMetrics(families, OPEN_METRICS));
    expect(read.map(({ name, type, help }) => [name, type, help]))
      .toEqual(families.map(({ name, type, help }) => [name, type, help]));
    for (const [at, { type, samples }] of families.entries()) {
      if (type === "histogram") continue;
      expect(read[at]!.samples.map(({ labels }) => labels))
        .toEqual(samples.map(({ labels = {} }) => labels));
      for (const [index, { value }] of samples.entries()) {
        expect(read[at]!.samples[index]!.value / (value || 1)).toBeCloseTo(value === 0 ? 0 : 1, 9);
      }
    }
  }));
});

test("any snapshot is read back, each of its families with a help, and sums of workers with their parts", () => {
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      const families = parseOpenMetrics(encodeMetrics(familiesOf(snapshot), OPEN_METRICS));
      for (const { name, help } of families) {
        expect(name).toMatch(/^scgi_[a-z_]+$/);
        expect(help).toMatch(/^[A-Z].*\.$/);
      }
      const requests = families.find(({ name }) => name === "scgi_requests")!;
      expect(
        Object.fromEntries(requests.samples.map(({ labels, value }) => [labels.status, value])),
      )
        .toEqual(snapshot.total.requests);
      const up = families.find(({ name }) => name === "scgi_worker_up")?.samples ?? [];
      expect(up.map(({ labels, value }) => [labels.worker, value])).toEqual(
        (snapshot.workers?.list ?? []).map((
          { worker, state },
        ) => [String(worker), state === "serving" ? 1 : 0]),
      );
    }),
    { numRuns: 50 },
  );
});

test("numbers that are none are written as the formats have them", () => {
  const samples = [Infinity, -Infinity, NaN].map((value, at) => ({
    labels: { at: String(at) },
    value,
  }));
  const family: Family = { type: "gauge", name: "odd", help: "Odd.", samples };
  expect(encodeMetrics([family], OPEN_METRICS)).toBe(
    '# TYPE odd gauge\n# HELP odd Odd.\nodd{at="0"} +Inf\nodd{at="1"} -Inf\nodd{at="2"} NaN\n# EOF\n',
  );
});

describe("the older format", () => {
  test("has the suffix of a counter in its name, no units, and quotes as they are in a help", () => {
    const families: Family[] = [{
      type: "counter",
      unit: "bytes",
      name: "sent_bytes",
      help: 'A "help"\nof \\ two lines.',
      samples: [{ labels: { to: 'a "b"\n\\' }, value: 1e21 }, { value: 0.5 }],
    }];
    expect(encodeMetrics(families, PLAIN_TEXT)).toBe(
      "# TYPE sent_bytes_total counter\n" +
        '# HELP sent_bytes_total A "help"\\nof \\\\ two lines.\n' +
        'sent_bytes_total{to="a \\"b\\"\\n\\\\"} 1e+21\nsent_bytes_total 0.5\n# EOF\n',
    );
  });
});

describe("the format", () => {
  const prometheus = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
  test.each([
    [prometheus, OPEN_METRICS],
    ["application/openmetrics-text; version=1.0.0; charset=utf-8", OPEN_METRICS],
    ["text/plain;version=0.0.4;q=0.5,application/openmetrics-text;q=0.4", PLAIN_TEXT],
    ["application/openmetrics-text;q=0", PLAIN_TEXT],
    ["text/plain", PLAIN_TEXT],
    ["*/*", PLAIN_TEXT],
    [null, PLAIN_TEXT],
  ])("for Accept: %s", (accept, format) => {
    expect(chooseFormat(accept)).toBe(format);
  });
});
