/**
 * The metrics of a command: the families `scgi_…` of all together, and with `--workers` the families
 * `scgi_worker_…` of each worker. They are apart, so that a sum over either counts nothing twice.
 *
 * @module
 */

import type { Distribution, Family, Labels, Sample } from "./open-metrics.ts";
import type { Figures, StatusSnapshot, WorkersSnapshot, WorkerState } from "./snapshot.ts";

const MS = 1000;
const WORKER_STATES: readonly WorkerState[] = [
  "starting",
  "serving",
  "draining",
  "unresponsive",
  "down",
];

/** All families of a snapshot. */
export function familiesOf(snapshot: StatusSnapshot): Family[] {
  const { version, runtime, state, since, total, workers } = snapshot;
  return [
    gauge("scgi_build_info", "The version of scgi and its runtime.", [
      { labels: { version, runtime }, value: 1 },
    ]),
    gauge("scgi_serving", "Whether /healthz answers 200.", [
      { value: state === "serving" ? 1 : 0 },
    ]),
    seconds("scgi_start_time_seconds", "When the command was started, since 1970.", [
      { value: since / MS },
    ]),
    ...figures("scgi", [{ labels: {}, figures: total }]),
    ...workers === undefined ? [] : familiesOfWorkers(workers),
  ];
}

function familiesOfWorkers({ reloads, list, draining }: WorkersSnapshot): Family[] {
  const states = WORKER_STATES.map((state) => ({
    labels: { state },
    value: list.filter((worker) => worker.state === state).length +
      (state === "draining" ? draining : 0),
  }));
  const known = list.flatMap(({ worker, stats }) =>
    stats === undefined ? [] : [{ labels: { worker: String(worker) }, figures: stats }]
  );
  const each = (value: (at: number) => number): Sample[] =>
    list.map(({ worker }, at) => ({ labels: { worker: String(worker) }, value: value(at) }));
  return [
    counter("scgi_reloads", "Reloads that were begun.", [{ value: reloads }]),
    gauge("scgi_workers", "Workers by state.", states),
    gauge(
      "scgi_worker_up",
      "Whether the worker serves and responds.",
      each((at) => list[at]!.state === "serving" ? 1 : 0),
    ),
    counter(
      "scgi_worker_restarts",
      "How often another process had to take the place of the worker.",
      each((at) => list[at]!.restarts),
    ),
    seconds(
      "scgi_worker_start_time_seconds",
      "When the server of the worker was made, since 1970.",
      list.flatMap(({ worker, stats }) =>
        stats === undefined ? [] : [{ labels: { worker: String(worker) }, value: stats.since / MS }]
      ),
    ),
    ...figures("scgi_worker", known),
  ];
}

/** The figures of one server, or of several together. */
interface Labelled {
  readonly labels: Labels;
  readonly figures: Figures;
}

/** The families that servers and workers have alike. */
function figures(prefix: string, all: readonly Labelled[]): Family[] {
  const one = (value: (figures: Figures) => number): Sample[] =>
    all.map(({ labels, figures }) => ({ labels, value: value(figures) }));
  const by = (label: string, counts: (figures: Figures) => Partial<Record<string, number>>) =>
    all.flatMap(({ labels, figures }) =>
      Object.entries(counts(figures))
        .map(([name, value = 0]) => ({ labels: { ...labels, [label]: name }, value }))
    );
  return [
    counter(
      `${prefix}_requests`,
      "Requests that are over, by the class of their status.",
      by("status", ({ requests }) => requests),
    ),
    {
      type: "histogram",
      unit: "seconds",
      name: `${prefix}_request_duration_seconds`,
      help: "Time from the head of a request to the end of its response.",
      samples: all.map(({ labels, figures }) => ({ labels, value: inSeconds(figures) })),
    },
    gauge(`${prefix}_connections`, "Connections that are open.", one(({ active }) => active)),
    counter(
      `${prefix}_connections_accepted`,
      "Connections that were accepted.",
      one(({ accepted }) => accepted),
    ),
    counter(
      `${prefix}_rejected`,
      "Requests and connections that were refused or abandoned, by the code of the reason.",
      by("code", ({ rejected }) => rejected),
    ),
    gauge(
      `${prefix}_websockets`,
      "Open connections that were upgraded, such as WebSockets.",
      one(({ upgraded }) => upgraded),
    ),
    bytes("counter", `${prefix}_received_bytes`, "Bytes received.", one(({ bytesIn }) => bytesIn)),
    bytes("counter", `${prefix}_sent_bytes`, "Bytes sent.", one(({ bytesOut }) => bytesOut)),
    seconds(
      `${prefix}_event_loop_lag_seconds`,
      "How late the event loop is.",
      one(({ loopLag }) => loopLag.last / MS),
    ),
    seconds(
      `${prefix}_event_loop_lag_longest_seconds`,
      "How late the event loop was at most in the past minute.",
      one(({ loopLag }) => loopLag.longest / MS),
    ),
    bytes(
      "gauge",
      `${prefix}_resident_memory_bytes`,
      "Memory that the process holds.",
      one(({ memory }) => memory.resident),
    ),
    bytes(
      "gauge",
      `${prefix}_heap_bytes`,
      "Memory that objects of JavaScript take.",
      one(({ memory }) => memory.heap),
    ),
  ];
}

function inSeconds({ durations }: Figures): Distribution {
  const { bounds, counts, sum } = durations;
  return { bounds: bounds.map((bound) => bound / MS), counts, sum: sum / MS };
}

function counter(name: string, help: string, samples: Sample[]): Family {
  return { type: "counter", name, help, samples };
}

function gauge(name: string, help: string, samples: Sample[]): Family {
  return { type: "gauge", name, help, samples };
}

function seconds(name: string, help: string, samples: Sample[]): Family {
  return { type: "gauge", unit: "seconds", name, help, samples };
}

function bytes(type: "counter" | "gauge", name: string, help: string, samples: Sample[]): Family {
  return { type, unit: "bytes", name, help, samples };
}
