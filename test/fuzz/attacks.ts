/** The ways to be hostile: by requests, and by frames of WebSockets. */

import { attack } from "./client.ts";
import { Bystanders, converse } from "./frames/client.ts";
import { type Talk, talks } from "./frames/talks.ts";
import { type Connection, connections } from "./mutations.ts";
import type { Attack } from "./victim.ts";

const requests: Attack<Connection> = {
  app: "test/fuzz/app.ts",
  plans: connections({ slow: 4, longWait: 7000, lingers: true }),
  async make(address, connection, watch) {
    const { outcome, complaint, excused } = await attack(address, connection, watch);
    const { received, left, ending } = outcome;
    const status = /^Status: (\d{3})/.exec(received)?.[1];
    return {
      kinds: connection.kinds,
      reply: status ?? (left ? "none, the client left" : "none"),
      ending: left ? `left (${connection.ending})` : String(ending),
      complaint,
      excused,
      shown: { ...outcome, bytes: received.length, received: received.slice(0, 500) },
    };
  },
};

const frames: Attack<Talk> = {
  app: "test/fuzz/frames/app.ts",
  plans: talks,
  async make(address, talk, watch) {
    const { outcome, last, complaint, excused } = await converse(address, talk, watch);
    const { received, left, ending } = outcome;
    return {
      kinds: talk.kinds,
      reply: left ? "unknown, the client left" : last,
      ending: left ? `left (${talk.ending})` : String(ending),
      complaint,
      excused,
      shown: { ...outcome, bytes: received.length, received: received.toString("hex", 0, 500) },
    };
  },
  beside: (address) => new Bystanders(address, 4),
};

/** The attacks by their names. */
export const attacks: Readonly<Record<string, Attack<never>>> = {
  requests: requests as Attack<never>,
  frames: frames as Attack<never>,
};
