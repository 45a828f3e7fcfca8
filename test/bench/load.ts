/**
 * The load generator's process: a line of JSON in for each load, a line of JSON out for what came
 * of it. It lives as long as its input.
 */

import { createInterface } from "node:readline";
import process from "node:process";
import { type EventLoad, EventStreams } from "./event-generator.ts";
import { generate, hold, type Load } from "./generator.ts";
import type { Place } from "./bare-shape.ts";
import type { Messages } from "./messages.ts";
import { type SocketLoad, Sockets } from "./socket-generator.ts";

/** What it is asked. */
export type Order =
  | { readonly kind: "generate"; readonly load: Load }
  | { readonly kind: "hold"; readonly place: Place; readonly count: number }
  | { readonly kind: "open sockets"; readonly place: Place; readonly load: SocketLoad }
  | { readonly kind: "open events"; readonly place: Place; readonly load: EventLoad }
  | { readonly kind: "use"; readonly milliseconds: number }
  | { readonly kind: "release" };

let release = () => {};
let use: (milliseconds: number) => Messages;

function obey(order: Order): object {
  if (order.kind === "generate") return generate(order.load);
  if (order.kind === "use") return use(order.milliseconds);
  release();
  if (order.kind === "open sockets" || order.kind === "open events") {
    const opened = order.kind === "open sockets"
      ? new Sockets(order.place, order.load)
      : new EventStreams(order.place, order.load);
    use = (milliseconds) => opened.use(milliseconds);
    release = () => opened.close();
    return {};
  }
  release = order.kind === "hold" ? hold(order.place, order.count) : () => {};
  return {};
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(obey(JSON.parse(line) as Order)));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
