/** Everything that goes wrong, each with how it is made to. */

import { expect } from "bun:test";
import { randomUUID } from "node:crypto";
import { eventually } from "../../support/eventually.ts";
import { type Asked, head, Peer } from "../client.ts";
import type { SocketKind } from "../targets.ts";

/** A server of app.ts, as one client of it finds it. */
export class Place {
  readonly address: string;
  readonly socket: SocketKind;
  readonly #control: string;
  readonly #peers: Peer[] = [];

  constructor(address: string, socket: SocketKind, control: string) {
    this.address = address;
    this.socket = socket;
    this.#control = control;
  }

  async open(): Promise<Peer> {
    const peer = await Peer.open(this.address);
    this.#peers.push(peer);
    return peer;
  }

  /** Sends the head of a request. */
  async begin(route: string, asked?: Asked): Promise<Peer> {
    const peer = await this.open();
    await peer.send(head(`/${route}`, asked));
    return peer;
  }

  /** Sends the head of a request, and what there is of its body, and waits for its handler. */
  async handled(route: string, { body, ...asked }: Asked = {}): Promise<Peer> {
    const id = randomUUID();
    const peer = await this.begin(`${route}/${id}`, asked);
    // Where nobody reads the body it is not taken, so that must not be waited for.
    if (body !== undefined) void peer.send(body);
    await eventually(() => control(this.#control, `begun/${id}`), (begun) => begun === true);
    return peer;
  }

  /** Closes what is still open. */
  leave(): void {
    for (const peer of this.#peers) peer.leave();
  }
}

/** Asks the control server of app.ts. */
export async function control(address: string, what: string): Promise<unknown> {
  const peer = await Peer.open(address);
  await peer.send(head(`/${what}`));
  return (await peer.reply()).json();
}

/** Something that goes wrong. */
export interface Fault {
  name: string;
  /** Whether it goes wrong on the server whose `onError` fails, and that has a request timeout. */
  failing?: boolean;
  /** How often, where that costs much. */
  times?: number;
  /** Lets it go wrong once. */
  happen(place: Place): Promise<unknown>;
}

/** Faults of handlers that a client sees as a status, or as one of several. */
function answered(status: number | number[], routes: string[], more?: Partial<Fault>): Fault[] {
  return routes.map((route) => ({
    name: `${route} (${status})`,
    async happen(place) {
      const reply = await (await place.begin(route)).reply();
      expect(reply.status).toBeOneOf([status].flat());
    },
    ...more,
  }));
}

type Leave = (peer: Peer, place: Place) => void;

/** A reset; on a Unix socket a close, which resets where something was not read. */
const reset: Leave = (peer, { socket }) => socket === "TCP" ? peer.reset() : peer.leave();
const leave: Leave = (peer) => peer.leave();

const values = ["error", "string", "undefined", "null", "thorny", "revoked"];
const impostors = [
  ...["nothing", "text", "object", "thorny", "revoked", "heir"],
  ...["failing-then", "throwing-then"],
];
const cancels = ["cancel-throws", "cancel-rejects", "cancel-never"];

/** Comes as far as it says. */
interface Stage {
  name: string;
  times?: number;
  reach(place: Place): Promise<Peer>;
}

/** How far a request is when its client leaves. */
const stages: Stage[] = [
  { name: "before the head", reach: (place) => place.open() },
  {
    name: "in the middle of the head",
    async reach(place) {
      const peer = await place.open();
      await peer.send(head("/hello").subarray(0, 20));
      return peer;
    },
  },
  { name: "with its request", reach: (place) => place.begin("hello") },
  {
    name: "in the middle of a body that is read",
    reach: (place) => place.handled("reads", { length: 100_000, body: new Uint8Array(50_000) }),
  },
  {
    name: "in the middle of a body that is echoed",
    async reach(place) {
      const peer = await place.begin("echoes", { length: 100_000 });
      await peer.send("half of it");
      await peer.until("half of it");
      return peer;
    },
  },
  {
    name: "in the middle of a body that is not read",
    reach: (place) => place.handled("ignores", { length: 1e6, body: new Uint8Array(5e5) }),
  },
  { name: "while the handler waits", reach: (place) => place.handled("waits") },
  {
    name: "while the handler waits, to reject with the signal's reason",
    reach: (place) => place.handled("rejects-with-reason"),
  },
  {
    name: "in the middle of a stream",
    async reach(place) {
      const peer = await place.begin("endless");
      await peer.until("more");
      return peer;
    },
  },
  {
    name: "in the middle of a stream of which it takes too little",
    async reach(place) {
      const peer = await place.begin("flood");
      await eventually(() => peer.count, (count) => count > 0);
      peer.pause();
      return peer;
    },
  },
  {
    name: "in the middle of a large reply",
    times: 5,
    async reach(place) {
      const peer = await place.begin("large");
      await eventually(() => peer.count, (count) => count > 0);
      peer.pause();
      return peer;
    },
  },
  {
    name: "while the rest of its upload is dropped",
    async reach(place) {
      const peer = await place.begin("early", { length: 1e6 });
      await peer.send(new Uint8Array(1e5));
      await peer.until("early");
      return peer;
    },
  },
  ...cancels.flatMap((route): Stage[] => [
    {
      name: `in the middle of a stream (${route})`,
      async reach(place) {
        const peer = await place.begin(route);
        await peer.until("more");
        return peer;
      },
    },
    {
      name: `before the Response is there (${route})`,
      reach: (place) => place.handled(`${route}-late`),
    },
  ]),
  {
    name: "in the middle of a stream whose completion is asked for",
    async reach(place) {
      const peer = await place.begin("completes");
      await peer.until("more");
      return peer;
    },
  },
];

/** Where only a reset tells at once, over TCP, that the client is not there any more. */
const quietStages: Stage[] = [
  { name: "while the handler never settles", reach: (place) => place.handled("settles-never") },
  {
    name: "while the stream yields nothing",
    async reach(place) {
      const peer = await place.begin("yields-never");
      await peer.until("Status: 200");
      return peer;
    },
  },
];

function departed(how: string, leave: Leave, stages: Stage[]): Fault[] {
  return stages.map(({ name, reach, ...more }) => ({
    ...more,
    name: `the client ${how} ${name}`,
    async happen(place) {
      leave(await reach(place), place);
    },
  }));
}

/** All faults that leave nothing within a moment. */
export const faults: Fault[] = [
  ...answered(500, values.map((value) => `throws-${value}`)),
  ...answered(500, values.map((value) => `rejects-${value}`)),
  // Deno lets a rejection of its own go unhandled where a stream fails with what is revoked.
  ...answered(
    500,
    values.filter((value) => value !== "revoked").map((value) => `body-fails-with-${value}`),
  ),
  ...answered(500, impostors.flatMap((what) => [`gives-${what}`, `gives-${what}-later`])),
  // Deno looks through a proxy.
  ...answered([200, 500], ["gives-proxy", "gives-proxy-later"]),
  ...answered(500, ["used", "used-stream", "locked", "bad-head", "bad-head-stream"]),
  ...answered(500, ["no-bytes"]),
  ...answered(
    200,
    ["no-bytes-later", "errors-later", "errors-later-undefined", "errors-short", "strings"],
  ),
  ...answered(200, ["waits-until"]),
  ...answered(504, ["settles-never", "settles-late", "rejects-late"], { failing: true }),
  ...answered(
    500,
    ["throws", "rejects", "used", "not-a-response"].map((how) => `fails/onError-${how}`),
    { failing: true },
  ),
  ...answered(200, ["fails/onError-fails-later"], { failing: true }),
  ...departed("resets", reset, [...stages, ...quietStages]),
  ...departed("leaves", leave, stages),
];

/** Faults that only time tells of: a client of TCP that leaves may have closed one half only. */
export const slowFaults: Fault[] = departed("leaves", leave, quietStages);
