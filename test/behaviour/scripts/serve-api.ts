/**
 * Uses of `serve()`, one for each name: `serve-api.ts NAME ADDRESS` prints what came of it as
 * JSON. The address is one that is free.
 */

import { cpSync, writeFileSync } from "node:fs";
import net from "node:net";
import { extname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { type HandlerContext, ScgiError, serve, type ServeOptions } from "scgi";
import { serveHttp } from "../../../src/runtime/http/http.ts";
import { temporaryFolder } from "../../support/address.ts";
import { ask, head, Peer } from "../client.ts";

interface TcpAddress {
  hostname: string;
  port: number;
}

const address = process.argv[3]!;
const hello = () => new Response("Hello\n");
const options = (more: ServeOptions = {}): ServeOptions => ({ listen: address, ...more });
const text = async (at: string, target = "/") => (await ask(at, target)).text;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const code = (error: unknown) => (error as { code?: string })?.code ?? String(error);
const outcome = (promise: Promise<unknown>) => promise.then(() => "resolved", code);
const unhandled: string[] = [];
process.on("unhandledRejection", (error) => unhandled.push(code(error)));

/** Another copy of the package, as this runtime runs it. */
function copyOfSource(): string {
  const folder = temporaryFolder();
  cpSync(join(import.meta.dirname, "../../../src"), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

function importCopy(folder: string, name: string): Promise<unknown> {
  return import(pathToFileURL(join(folder, name + extname(import.meta.url))).href);
}

const uses: Record<string, () => Promise<unknown>> = {
  async addr() {
    const server = serve(hello, options());
    const early = [server.addr, server.addrs];
    await server.ready;
    const late = [server.addr, server.addrs];
    await server.shutdown();
    return { early, late, finished: await outcome(server.finished) };
  },

  async apps() {
    class App {
      #text = "an object's\n";
      fetch() {
        return new Response(this.#text);
      }
    }
    const texts: string[] = [];
    for (const app of [hello, new App(), { fetch: hello }]) {
      await using server = serve(app, options());
      await server.ready;
      texts.push(await text(address));
    }
    const wrong = [undefined, null, 7, {}, { fetch: 7 }].map((app) => {
      try {
        serve(app as never, options());
        return "served";
      } catch (error) {
        return (error as Error).name;
      }
    });
    return { texts, wrong };
  },

  async wrongOptions() {
    const wrong: ServeOptions[] = [
      { port: NaN },
      { port: -1 },
      { port: 65536 },
      { port: "" as never },
      { port: 1.5 },
      { listen: "nowhere" },
      { listen: [] },
      { port: 4000, unix: "/tmp/x" },
      { unix: "" },
      { unix: "/tmp/x", mode: 0o1777 },
      { fd: -1 },
      { headTimeout: -1 },
      { maxBodyBytes: 1.5 },
      { drainBytes: NaN },
      { urlFrom: "elsewhere" as never },
    ];
    const before = Response;
    const codes = wrong.map((options) => {
      try {
        serve(hello, options);
        return "served";
      } catch (error) {
        return error instanceof ScgiError ? error.code : String(error);
      }
    });
    await sleep(10);
    return { codes, untouched: Response === before, unhandled };
  },

  async several() {
    const listened: unknown[] = [];
    const other = `${address}`.startsWith("unix:") ? `${address}2` : "127.0.0.1:0";
    const server = serve(hello, {
      listen: [address, other],
      onListen: (address) => listened.push(address),
    });
    await server.ready;
    const places = server.addrs!.map((at) =>
      at.transport === "unix" ? `unix:${at.path}` : place(at as TcpAddress)
    );
    const texts = await Promise.all(places.map((at) => text(at)));
    await server.shutdown();
    return { texts, told: JSON.stringify(listened) === JSON.stringify(server.addrs), places };
  },

  async busy() {
    await using first = serve(hello, options());
    await first.ready;
    const second = serve(hello, options());
    const reason = await second.ready.catch((error) => error);
    const finished = await outcome(second.finished);
    await sleep(20);
    const heeded = unhandled.splice(0);
    const third = serve(hello, options());
    await sleep(100);
    return {
      code: reason.code,
      says: reason.message.includes(address.replace("unix:", "")),
      finished,
      heeded,
      unheeded: unhandled,
      addr: third.addr,
      shutdown: await outcome(second.shutdown()),
      stillThere: await text(address),
    };
  },

  async busyAmongSeveral() {
    const occupied = net.createServer();
    await new Promise<void>((resolve) => occupied.listen(0, "127.0.0.1", resolve));
    const { port } = occupied.address() as net.AddressInfo;
    const native = Response;
    const server = serve(hello, { listen: [address, `127.0.0.1:${port}`] });
    const ready = await outcome(server.ready);
    const restored = Response === native;
    const first = await outcome(Peer.open(address));
    occupied.close();
    return { ready, first, restored };
  },

  async throwingOnListen() {
    const told: unknown[] = [];
    await using server = serve(
      hello,
      options({
        onListen() {
          throw new TypeError("not now");
        },
        onError: (error, request) => void told.push(request ?? (error as Error).message),
      }),
    );
    await server.ready;
    return { told, text: await text(address) };
  },

  async port0() {
    await using server = serve(hello, { port: 0 });
    await server.ready;
    const at = server.addr as TcpAddress;
    return { hostname: at.hostname, free: at.port > 0, text: await text(place(at)) };
  },

  async ipv6() {
    await using server = serve(hello, { hostname: "[::1]", port: 0 });
    await server.ready;
    return { hostname: (server.addr as TcpAddress).hostname };
  },

  async shutdownSooner() {
    const server = serve(() => new Promise<Response>(() => {}), options());
    await server.ready;
    const peer = await Peer.open(address);
    await peer.send(head("/"));
    await sleep(50);
    const patient = server.shutdown({ timeout: 600_000 });
    await sleep(100);
    const sooner = server.shutdown({ timeout: 0 });
    const { status } = await peer.reply();
    await sooner;
    return { same: patient === sooner, status };
  },

  async shutdownTwice() {
    const server = serve(hello, options());
    await server.ready;
    const [one, two] = [server.shutdown(), server.shutdown()];
    await Promise.all([one, two, server[Symbol.asyncDispose]()]);
    const refused = await outcome(Peer.open(address));
    return { finished: await outcome(server.finished), refused };
  },

  async shutdownDuringStart() {
    const server = serve(hello, options());
    await server.shutdown({ timeout: 600_000 });
    return {
      finished: await outcome(server.finished),
      open: await outcome(Peer.open(address)),
    };
  },

  async signal() {
    const controller = new AbortController();
    const server = serve(hello, options({ signal: controller.signal }));
    await server.ready;
    const before = await text(address);
    controller.abort();
    await server.finished;
    const open = await outcome(Peer.open(address));
    const aborted = serve(hello, options({ signal: AbortSignal.abort() }));
    return { before, open, aborted: await outcome(aborted.finished) };
  },

  async restart() {
    const texts = new Set<string>();
    for (let turn = 0; turn < 30; turn++) {
      const server = serve(hello, options());
      await server.ready;
      texts.add(await text(address));
      await server.shutdown();
    }
    return { texts: [...texts], unhandled };
  },

  /** The next one binds while the last one is on its way to its end. */
  async handover() {
    let server = serve(hello, options());
    await server.ready;
    const stops: Promise<void>[] = [];
    for (let turn = 0; turn < 40; turn++) {
      stops.push(server.shutdown());
      await sleep(turn % 12);
      server = serve(() => new Response(String(turn)), options());
      await server.ready;
      if (await text(address) !== String(turn)) return { turn };
    }
    await Promise.all(stops);
    const last = await text(address);
    await server.shutdown();
    return { last, unhandled };
  },

  /** Ends by itself, or the test would time out. */
  async unref() {
    const server = serve(hello, options());
    server.unref();
    await server.ready;
    return { text: await text(address) };
  },
  async unrefAndRef() {
    const server = serve(hello, options());
    await server.ready;
    server.unref();
    server.ref();
    setTimeout(() => server.shutdown(), 200).unref();
    await server.finished;
    return { finished: true };
  },

  async bindings() {
    const store = new Map([["a", 1]]);
    const envs: Record<string, unknown>[] = [];
    const app = (_: Request, env: Record<string, unknown>) => {
      envs.push(env);
      return hello();
    };
    await using server = serve(app, options({ bindings: { STORE: store, REMOTE_ADDR: "bound" } }));
    await server.ready;
    await ask(address, "/x", { variables: { HTTP_X: "gr\xc3\xbcn", HTTP_PROXY: "evil" } });
    const env = envs[0]!;
    return {
      same: env.STORE === store,
      wins: env.REMOTE_ADDR,
      decoded: env.HTTP_X,
      proxy: env.HTTP_PROXY ?? null,
      inherited: [env.toString ?? null, env.constructor ?? null, env.__proto__ ?? null],
    };
  },

  async context() {
    const seen: Record<string, unknown> = {};
    const errors: string[] = [];
    const app = (_: Request, __: unknown, ctx: HandlerContext) => {
      const { waitUntil, passThroughOnException } = ctx;
      passThroughOnException();
      waitUntil(sleep(50).then(() => seen.worked = true));
      waitUntil(Promise.reject(new Error("this work failed")));
      waitUntil(7 as never);
      ctx.completed.then(() => seen.completed = true);
      seen.same = ctx.completed === ctx.completed;
      return hello();
    };
    const onError = (error: unknown) => void errors.push((error as Error).message);
    const server = serve(app, options({ onError }));
    await server.ready;
    await text(address);
    await server.shutdown();
    return { seen, errors, unhandled };
  },

  async completedLate() {
    const contexts: HandlerContext[] = [];
    const app = (_: Request, __: unknown, ctx: HandlerContext) => {
      contexts.push(ctx);
      return hello();
    };
    await using server = serve(app, options());
    await server.ready;
    await text(address);
    await sleep(20);
    return { late: await outcome(contexts[0]!.completed) };
  },

  async completedRejects() {
    let resolve!: (outcome: string) => void;
    const promise = new Promise<string>((settle) => resolve = settle);
    const app = (_: Request, __: unknown, ctx: HandlerContext) => {
      void ctx.completed;
      outcome(ctx.completed).then(resolve);
      return new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65536)) }));
    };
    await using server = serve(app, options());
    await server.ready;
    const peer = await Peer.open(address);
    await peer.send(head("/"));
    await peer.until("Status");
    peer.leave();
    const rejected = await promise;
    await sleep(20);
    return { rejected, unhandled };
  },

  async recording() {
    const native = Response;
    class Before extends Response {
      kind = "before";
    }
    const one = serve(() => new Response("grün"), options());
    await one.ready;
    const two = serve(hello, { port: 0 });
    await two.ready;
    const replaced = Response !== native;
    class After extends Response {
      kind = "after";
    }
    const instances = [new Before("x"), new After("x"), Response.json({}), new native("x")]
      .map((response) => response instanceof Response && response instanceof native);
    const statics = [
      Response.name,
      Response.length,
      typeof Response.json,
      typeof Response.redirect,
    ];
    const kinds = [new Before("x").kind, new After("x").kind, await new After("text").text()];
    const reply = await ask(address, "/");
    await one.shutdown();
    const kept = Response !== native;
    await two.shutdown();
    return {
      replaced,
      instances,
      statics,
      natives: [native.name, native.length],
      kinds,
      type: reply.header("content-type"),
      kept,
      restored: Response === native,
      after: new After("x") instanceof Response,
    };
  },

  async twoCopies() {
    const native = Response;
    const copy = await importCopy(copyOfSource(), "mod") as typeof import("scgi");
    const one = serve(() => new Response("one"), options());
    await one.ready;
    const recording = Response;
    const two = copy.serve(() => new Response("two"), { port: 0 });
    await two.ready;
    const shared = Response === recording && copy.serve !== serve;
    const types = [(await ask(address, "/")).header("content-type")];
    await one.shutdown();
    const kept = Response === recording;
    const reply = await ask(place(two.addr as TcpAddress), "/");
    types.push(reply.header("content-type"));
    await two.shutdown();
    return { shared, kept, types, restored: Response === native };
  },

  async importing() {
    const globals = () => {
      const all = Object.getOwnPropertyDescriptors(globalThis) as Record<
        string,
        PropertyDescriptor
      >;
      return Object.entries(all).map(([name, { value }]) => [name, value] as const);
    };
    const folder = copyOfSource();
    const before = globals();
    const listeners = process.eventNames().length;
    for (const name of ["mod", "client", "gateway", "protocol"]) {
      await importCopy(folder, name);
    }
    const after = globals();
    return {
      same: after.length === before.length &&
        before.every(([name, value], at) =>
          after[at]![0] === name && Object.is(after[at]![1], value)
        ),
      listeners: process.eventNames().length - listeners,
    };
  },

  async withoutRecording() {
    const native = Response;
    await using server = serve(
      (request) => {
        if (request.url.endsWith("/stream")) return new Response(new Blob(["stream"]).stream());
        return new Response("grün");
      },
      options({ recordResponses: false }),
    );
    await server.ready;
    const reply = await ask(address, "/");
    return {
      untouched: Response === native,
      text: reply.text,
      length: reply.header("content-length"),
      stream: await text(address, "/stream"),
    };
  },

  async otherServers() {
    const { Bun, Deno } = globalThis as unknown as {
      Bun?: { serve(options: object): { port: number; stop(now: boolean): Promise<void> } };
      Deno?: {
        serve(options: object, handler: () => Response): {
          addr: { port: number };
          shutdown(): Promise<void>;
        };
      };
    };
    const answer = () => new Response("over HTTP");
    const http = Bun !== undefined
      ? Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer })
      : Deno !== undefined
      ? Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer)
      // Node has none for fetch handlers; this is the one of the HTTP front.
      : await serveHttp({ hostname: "127.0.0.1", port: 0 }, () => Promise.resolve(answer()));
    const port = "port" in http ? http.port : http.addr.port;
    const get = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      return [response.headers.get("content-type")?.toLowerCase(), await response.text()];
    };
    const before = await get();
    const server = serve(hello, options());
    await server.ready;
    const during = await get();
    const ours = await text(address);
    await server.shutdown();
    const after = await get();
    if ("stop" in http) await http.stop(true);
    else if ("shutdown" in http) await http.shutdown();
    else await http.close();
    return { before, during, after, ours };
  },
};

function place({ hostname, port }: TcpAddress): string {
  return `${hostname}:${port}`;
}

try {
  console.log(JSON.stringify(await uses[process.argv[2]!]!()));
} catch (error) {
  console.error(error);
  process.exit(1);
}
