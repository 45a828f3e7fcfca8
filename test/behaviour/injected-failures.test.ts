/** What is left of a request that went wrong: nothing. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { serveTargets, type Target, TestServer } from "./targets.ts";
import { socketsOf } from "../hostile/measure.ts";
import { control, type Fault, faults, Place, slowFaults } from "./injected-failures/failures.ts";

const TIMES = 50;
const AT_ONCE = 25;
/** How long one may take; longer than a busy machine needs. */
const PATIENCE_MS = 5000;
const fixture = { script: "test/behaviour/injected-failures/app.ts" };

/** What the servers of app.ts say of themselves. */
interface State {
  /** Connections that are open. */
  active: number;
  /** Rejections that nobody handled. */
  unhandled: number;
}

/** A process of app.ts, and what it held before anything went wrong. */
class Patient {
  readonly #server: TestServer;
  #sockets = 0;

  constructor(target: Target) {
    this.#server = TestServer.planned(target);
  }

  get process(): TestServer["process"] {
    return this.#server.process;
  }

  async start(): Promise<void> {
    await this.#server.start(fixture);
    await this.#server.ask("/hello");
    this.#sockets = await eventually(() => socketsOf(this.process.pid), (count) => count > 0);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** Lets a fault happen many times, and sees what is left of it within a time. */
  async suffers(
    { happen, failing = false, times = TIMES }: Fault,
    patience: number,
  ): Promise<void> {
    const { active, unhandled } = await this.#state();
    // What an earlier fault has left is not what this one leaves.
    const sockets = Math.max(this.#sockets, socketsOf(this.process.pid));
    for (let done = 0; done < times; done += AT_ONCE) {
      const turns = Array.from({ length: Math.min(AT_ONCE, times - done) }, async () => {
        const place = this.#place(failing);
        try {
          await inTime(happen(place), "The client waits in vain");
        } finally {
          place.leave();
        }
      });
      const failed = (await Promise.allSettled(turns)).find(({ status }) => status === "rejected");
      if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
    }
    await within(patience, () => this.#state(), (state) => state.active <= active);
    await within(patience, () => socketsOf(this.process.pid), (count) => count <= sockets);
    expect((await this.#state()).unhandled).toBe(unhandled);
    expect((await this.#server.ask("/hello")).text).toBe("Hello\n");
  }

  async #state(): Promise<State> {
    return await control(this.#named("Control"), "state") as State;
  }

  #place(failing: boolean): Place {
    const address = failing ? this.#named("Failing") : this.#server.address;
    return new Place(address, this.#server.socket, this.#named("Control"));
  }

  #named(name: string): string {
    return new RegExp(`^${name} (.+)$`, "m").exec(this.#server.announcement)![1]!;
  }
}

function inTime<T>(promise: Promise<T>, otherwise: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(otherwise)), PATIENCE_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Asks until the answer satisfies. */
async function within<T>(
  ms: number,
  ask: () => Promise<T> | T,
  satisfies: (answer: T) => boolean,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (true) {
    const answer = await ask();
    if (satisfies(answer)) return;
    if (performance.now() > deadline) throw new Error(`It holds ${JSON.stringify(answer)}`);
    await sleep(10);
  }
}

/** Longer than a stream may stay quiet whose client has closed one half at least. */
const SLOW_MS = 15_000;

const patients = slowFaults.flatMap((fault) =>
  serveTargets
    // Over TCP half a close cannot be told from a departure, and the reply is waited for.
    .filter(({ socket }) => socket !== "TCP" || !fault.name.endsWith("the handler never settles"))
    .map((target) => ({ fault, target, patient: new Patient(target) }))
);
const outcomes = new Map<Patient, Promise<unknown>>();

// They take their time, all of them beside all others.
beforeAll(async () => {
  await Promise.all(patients.map(({ patient }) => patient.start()));
  for (const { fault, patient } of patients) {
    outcomes.set(patient, patient.suffers(fault, SLOW_MS).then(() => undefined, String));
  }
});
afterAll(() => Promise.allSettled(patients.map(({ patient }) => patient.stop())));

describe.each(serveTargets)("nothing is left of a fault ($runtime, $socket)", (target) => {
  const patient = new Patient(target);
  beforeAll(() => patient.start());
  afterAll(() => patient.stop());

  test.each(faults.map((fault) => ({ ...fault, fault })))("$name", async ({ fault }) => {
    await patient.suffers(fault, PATIENCE_MS);
  });

  test("and the process ends by itself, with 0", async () => {
    patient.process.kill("SIGTERM");
    expect(await patient.process.exited).toBe(0);
  });
});

describe("an unhandled rejection", () => {
  test.each(serveTargets)(
    "is reported, and nothing is left of it ($runtime, $socket)",
    async (target) => {
      await using server = await TestServer.started(target);
      await server.ask("/hello");
      const sockets = socketsOf(server.process.pid);
      for (let done = 0; done < TIMES; done += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, async () => {
          expect((await server.ask("/unhandled")).text).toBe("unhandled\n");
        }));
      }
      await within(PATIENCE_MS, () => socketsOf(server.process.pid), (count) => count <= sockets);
      const said = () => server.process.stderr().match(/nobody handles this/g)?.length ?? 0;
      await eventually(said, (count) => count >= TIMES);
      expect((await server.ask("/hello")).text).toBe("Hello\n");
    },
  );
});

describe("nothing is left of a client that leaves, once that is seen", () => {
  test.each(patients.map((each) => ({ ...each, ...each.target, name: each.fault.name })))(
    "$name ($runtime, $socket)",
    async ({ patient }) => {
      expect(await outcomes.get(patient)).toBeUndefined();
    },
  );
});
