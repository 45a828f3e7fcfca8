/**
 * The script of the status page. It writes text alone into the page, never markup.
 *
 * @module
 */

/** The source of the script. */
export const SCRIPT: string = `"use strict";
const PERIOD = 1000, LOOKS = 61;
const $ = (id) => document.getElementById(id);
let looks = [], lastGood = 0;
const make = (name, text = "", kind = "") => {
  const element = document.createElement(name);
  element.textContent = text;
  element.className = kind;
  return element;
};
const sum = (list) => list.reduce((all, one) => all + one, 0);
const round = (value) => value.toFixed(value >= 100 || Number.isInteger(value) ? 0 : 1);
const whole = (value) => Math.round(value).toLocaleString("en");
const ms = (value) => value === undefined ? "–"
  : value >= 1000 ? round(value / 1000) + " s" : round(value) + " ms";
const bytes = (value) => {
  let unit = 0;
  for (; value >= 1024 && unit < 4; unit++) value /= 1024;
  return (unit === 0 ? whole(value) : round(value)) + " " + ["B", "KiB", "MiB", "GiB", "TiB"][unit];
};
const age = (span) => {
  const s = Math.max(0, Math.floor(span / 1000));
  if (s >= 86400) return Math.floor(s / 86400) + " d " + Math.floor(s / 3600) % 24 + " h";
  if (s >= 3600) return Math.floor(s / 3600) + " h " + Math.floor(s / 60) % 60 + " min";
  return s >= 60 ? Math.floor(s / 60) + " min " + s % 60 + " s" : s + " s";
};
const quantile = ({ bounds, counts }, part) => {
  const rank = part * sum(counts);
  if (rank === 0) return undefined;
  let below = 0;
  for (let at = 0; at < counts.length; at++) {
    const from = bounds[at - 1] || 0, to = bounds[at];
    if (counts[at] > 0 && below + counts[at] >= rank) {
      return to === undefined ? from : from + (to - from) * (rank - below) / counts[at];
    }
    below += counts[at];
  }
};
const since = (one, before) => ({
  bounds: one.bounds,
  counts: one.counts.map((count, at) => count - before.counts[at]),
  sum: one.sum - before.sum,
});
const perSecond = (value) => looks.slice(1).map((look, at) => {
  const span = look.time - looks[at].time;
  return span > 0 ? Math.max(0, (value(look.total) - value(looks[at].total)) * 1000 / span) : 0;
});
const line = (values) => {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "polyline");
  const most = Math.max(...values, 0.001);
  svg.setAttribute("viewBox", "0 0 60 20");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("points", values.map((value, at) =>
    (60 - values.length + 1 + at) + "," + (19 - 18 * value / most)).join(" "));
  svg.append(path);
  return svg;
};
const tile = (id, name, value, more, values) => {
  const card = make("div", "", "tile"), figure = make("b", value);
  figure.id = id;
  card.append(make("h2", name), figure, make("small", more), line(values));
  return card;
};
const rows = (id, list, kinds) => {
  const most = Math.max(1, ...list.map(([, count]) => count));
  $(id).replaceChildren(...list.flatMap(([name, count]) => {
    const bar = make("div", "", "bar"), fill = make("i", "", kinds ? "c" + name : "");
    fill.style.width = 100 * count / most + "%";
    bar.append(fill);
    return [make("span", name), bar, make("span", whole(count))];
  }));
};
const state = (name) => make("span", name, "state " + name);
const workers = ({ list, draining, reloads }, time) => {
  const row = (kind, cells) => {
    const line = make("tr");
    line.append(...cells.map((cell) => {
      const field = make(kind);
      field.append(cell);
      return field;
    }));
    return line;
  };
  const heads = ["worker", "state", "pid", "up", "requests", "5xx", "open", "sockets", "p99",
    "lag", "memory", "restarts"];
  $("workers").replaceChildren(row("th", heads), ...list.map((worker) => {
    const { stats } = worker;
    return row("td", [String(worker.worker), state(worker.state), String(worker.pid || "–"),
      ...stats ? [age(time - stats.since), whole(sum(stats.durations.counts)),
        whole(stats.requests["5xx"]), whole(stats.active), whole(stats.upgraded),
        ms(quantile(stats.durations, 0.99)), ms(stats.loopLag.last), bytes(stats.memory.resident)]
        : Array(8).fill("–"), whole(worker.restarts)]);
  }));
  const more = [reloads + (reloads === 1 ? " reload" : " reloads")];
  if (draining > 0) more.push(draining + " draining");
  $("team").firstElementChild.textContent = "Workers (" + more.join(", ") + ")";
};
const show = (now) => {
  const { total, time } = now, first = looks[0].total;
  const requests = (figures) => sum(figures.durations.counts);
  const recent = looks.length > 1 ? since(total.durations, first.durations) : total.durations;
  const rates = perSecond(requests), last = (list) => list.length ? list[list.length - 1] : 0;
  const incoming = perSecond((figures) => figures.bytesIn);
  const outgoing = perSecond((figures) => figures.bytesOut);
  const of = (value) => looks.map((look) => value(look.total));
  const middle = looks.slice(1).map((look, at) =>
    quantile(since(look.total.durations, looks[at].total.durations), 0.5) || 0);
  $("state").textContent = now.state;
  $("state").className = "state " + now.state;
  document.title = now.state + " – scgi";
  $("about").textContent = ["up " + age(time - now.since), "pid " + now.pid,
    "scgi " + now.version, now.runtime].join("  ·  ");
  $("tiles").replaceChildren(
    tile("rate", "Requests a second", round(last(rates)), whole(requests(total)) + " in all", rates),
    tile("p50", "Median duration", ms(quantile(recent, 0.5)),
      "p99 " + ms(quantile(recent, 0.99)) + ", past minute", middle),
    tile("open", "Open connections", whole(total.active), whole(total.accepted) + " accepted",
      of((figures) => figures.active)),
    tile("sockets", "WebSockets", whole(total.upgraded), whole(total.requests["1xx"]) + " in all",
      of((figures) => figures.upgraded)),
    tile("in", "Received a second", bytes(last(incoming)), bytes(total.bytesIn) + " in all", incoming),
    tile("out", "Sent a second", bytes(last(outgoing)), bytes(total.bytesOut) + " in all", outgoing),
    tile("lag", "Event loop lag", ms(total.loopLag.last),
      "at most " + ms(total.loopLag.longest) + ", past minute", of((figures) => figures.loopLag.last)),
    tile("memory", "Memory", bytes(total.memory.resident), bytes(total.memory.heap) + " heap",
      of((figures) => figures.memory.resident)),
  );
  rows("classes", Object.entries(total.requests), true);
  const { bounds, counts } = total.durations;
  const used = counts.findLastIndex((count) => count > 0);
  rows("durations", counts.slice(0, Math.max(used, 5) + 1).map((count, at) =>
    [at < bounds.length ? "≤ " + ms(bounds[at]) : "> " + ms(bounds[at - 1]), count]));
  const rejected = Object.entries(total.rejected);
  $("refused").hidden = rejected.length === 0;
  rows("rejected", rejected);
  $("team").hidden = !now.workers;
  if (now.workers) workers(now.workers, time);
};
const look = async () => {
  try {
    const response = await fetch("stats.json", { signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error("status " + response.status);
    const now = await response.json();
    if (looks[0] && (looks[0].pid !== now.pid || looks[0].since !== now.since)) looks = [];
    looks.push(now);
    looks = looks.slice(-LOOKS);
    lastGood = Date.now();
    $("trouble").hidden = true;
    show(now);
  } catch {
    $("state").textContent = "no answer";
    $("state").className = "state gone";
    document.title = "no answer – scgi";
    $("trouble").textContent = "The server does not answer" +
      (lastGood ? "; the figures are " + age(Date.now() - lastGood) + " old." : ".");
    $("trouble").hidden = false;
  }
};
const run = async () => {
  for (;;) {
    if (!document.hidden) await look();
    await new Promise((resolve) => setTimeout(resolve, PERIOD));
  }
};
document.addEventListener("visibilitychange", () => document.hidden || look());
run();
`;
