/** Tells what Deno has loaded of Node's API when the first response of `serve()` has come, and a while later. */

interface Conn {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}
const { Deno } = globalThis as unknown as {
  Deno: { args: string[]; connect(options: object): Promise<Conn>; exit(): never };
};

const loaded: string[] = [];
for (const name of ["Buffer", "process", "setTimeout", "setInterval", "setImmediate"]) {
  const { get } = Object.getOwnPropertyDescriptor(globalThis, name)!;
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      loaded.push(name);
      return get!.call(globalThis);
    },
  });
}

// The getters are to be seen by all of it.
const { serve } = await import("../../../src/mod.ts");
const [path] = Deno.args;
const handlers: Record<string, () => Response | Promise<Response>> = {
  sync: () => new Response("Hello Wörld\n"),
  // deno-lint-ignore require-await
  async: async () => Response.json({ hello: "World" }),
};
await serve((request) => handlers[new URL(request.url).pathname.slice(1)]!(), { unix: path! })
  .ready;

async function fetchText(name: string): Promise<string> {
  const head = `CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_URI\x00/${name}\x00`;
  const conn = await Deno.connect({ transport: "unix", path });
  await conn.write(new TextEncoder().encode(`${head.length}:${head},`));
  const bytes = new Uint8Array(1000);
  return new TextDecoder().decode(bytes.subarray(0, await conn.read(bytes) ?? 0));
}

const replies = [await fetchText("sync"), await fetchText("async")];
const first = [...loaded];
const still = new Int32Array(new SharedArrayBuffer(4));
while (!loaded.includes("Buffer")) await Atomics.waitAsync(still, 0, 0, 10).value;
console.log(JSON.stringify({ replies, first }));
Deno.exit();

export {};
