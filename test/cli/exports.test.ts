/** What `scgi serve` takes as an app, and what it says to a module that exports none. */

import { describe, expect, test } from "bun:test";
import { ask } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import { type Runtime, runtimes } from "../support/server.ts";
import { folderOf, runIn, serveCode } from "./folder.ts";

const REPLY = 'new Response("app\\n")';
const CLASS = `class App {
  text = "app\\n";
  fetch() { return new Response(this.text); }
}`;

/** Code of modules that export an app; CommonJS begins with "use strict". */
const APPS: Record<string, string> = {
  "a class": `export default ${CLASS}`,
  "a class without a name": `export default ${CLASS.replace(" App", "")}`,
  "a class with a static method": `export default class { static fetch() { return ${REPLY}; } }`,
  "a class whose method is a field": `export default class { fetch = () => ${REPLY}; }`,
  "an inherited class": `${CLASS}\nexport default class extends App {}`,
  "an object of a class": `${CLASS}\nexport default new App();`,
  "a function": `export default () => ${REPLY};`,
  "a function that passes its arguments on": `
    const handle = (request, env, ctx) => new Response(
      request instanceof Request && ctx.waitUntil && env.REQUEST_METHOD === "GET" ? "app\\n" : "no");
    export default (...args) => handle(...args);`,
  "a function with a fetch method":
    `export default Object.assign(() => new Response("no"), { fetch: () => ${REPLY} });`,
  "a promise of an app": `export default Promise.resolve({ fetch: () => ${REPLY} });`,
  "a promise of a function": `export default Promise.resolve(() => ${REPLY});`,
  "a promise that takes time": `
    export default new Promise((done) => setTimeout(done, 50, { fetch: () => ${REPLY} }));`,
  "a factory": `export default () => ({ fetch: () => ${REPLY} });`,
  "an asynchronous factory of a function": `
    export default async () => ({ fetch: async () => ${REPLY} });`,
  "an export named fetch": `export const fetch = () => ${REPLY};`,
  "a function named fetch": `export async function fetch(request) { return ${REPLY}; }`,
  "an export named fetch beside another default":
    `export default { name: "app" }; export const fetch = () => ${REPLY};`,
  "a default export in a default export": `export default { default: { fetch: () => ${REPLY} } };`,
  "an app that has all members": `
    const app = { fetch: () => ${REPLY} };
    export default new Proxy(app, { get: (target, key) => target[key] ?? (() => {}) });`,
  "CommonJS of tsc": `"use strict";
    Object.defineProperty(exports, "__esModule", { value: true });
    exports.default = { fetch: () => ${REPLY} };`,
  "CommonJS of tsc with a class": `"use strict";
    Object.defineProperty(exports, "__esModule", { value: true });
    ${CLASS}
    exports.default = App;`,
  "CommonJS of a compiler that writes classes as functions": `"use strict";
    exports.__esModule = true;
    function App() { this.text = "app\\n"; }
    App.prototype.fetch = function () { return new Response(this.text); };
    exports.default = App;`,
  "CommonJS of tsc with an export named fetch": `"use strict";
    Object.defineProperty(exports, "__esModule", { value: true });
    exports.fetch = void 0;
    const fetch = () => ${REPLY};
    exports.fetch = fetch;`,
  "CommonJS of an object": `"use strict"; module.exports = { fetch: () => ${REPLY} };`,
  "CommonJS of a function": `"use strict"; module.exports = () => ${REPLY};`,
  "CommonJS of a promise": `"use strict";
    module.exports = Promise.resolve({ fetch: () => ${REPLY} });`,
};

const MUST = "must export a handler: export default { fetch(request) { … } }.";

/** Code of modules that export none, and what is said after the name of the module. */
const OTHERS: Record<string, [code: string, says: string]> = {
  "null": ["export default null;", `${MUST} Its default export is null`],
  "a number": ["export default 4000;", `${MUST} Its default export is a number`],
  "undefined": ["export default undefined;", `${MUST} Its default export is undefined`],
  "an object without fetch": [
    "export default { port: 4000 };",
    `${MUST} Its default export has no fetch method`,
  ],
  "a fetch that is no function": [
    "export default { fetch: 'text' };",
    `${MUST} The fetch of its default export is a string, and must be a function`,
  ],
  "a named fetch that is no function": [
    "export const fetch = null;",
    `${MUST} Its export fetch is null`,
  ],
  "a promise of nothing": [
    "export default Promise.resolve();",
    `${MUST} Its default export is undefined`,
  ],
  "a class without fetch": [
    "export default class { handle() {} }",
    `${MUST} Its default export is a class without a fetch method`,
  ],
  "a class that takes arguments": [
    "export default class Shop { constructor(name) {} fetch() {} }",
    "exports a class whose constructor takes arguments. Export an object of it: " +
    "export default new Shop(…)",
  ],
  "a class that inherits such a constructor": [
    "class Entry { constructor(ctx, env) {} }\nexport default class extends Entry { fetch() {} }",
    "exports a class whose constructor takes arguments. Export an object of it: " +
    "export default new App(…)",
  ],
  "an app by another name": [
    "export const port = 1; export const site = { fetch() {} };",
    `${MUST} Its export site has fetch: write export default site`,
  ],
  "an app of Express": [
    "export default Object.assign((req, res) => {}, { use() {}, listen() {} });",
    `${MUST} Its default export takes requests of node:http, as an Express app does`,
  ],
  "an app of Koa": [
    "export default { use() {}, listen() {}, callback() {} };",
    `${MUST} Its default export takes requests of node:http, as an Express app does`,
  ],
  "a server of node:http": [
    "import http from 'node:http'; export default http.createServer();",
    `${MUST} Its default export takes requests of node:http, as an Express app does`,
  ],
  "a class as a function that takes arguments": [
    "function Shop(name) {} Shop.prototype.fetch = () => {}; export default Shop;",
    "exports a class whose constructor takes arguments. Export an object of it: " +
    "export default new Shop(…)",
  ],
  "a generator": [
    "export default function* () { yield 1; }",
    `${MUST} Its default export is a generator, whose result is no Response`,
  ],
  "an asynchronous generator": [
    "export default async function* () { yield 1; }",
    `${MUST} Its default export is a generator, whose result is no Response`,
  ],
};

/** Addresses that an app exports, and what is said of them. */
const ADDRESSES: Record<string, string> = {
  "port: null": "The port that app.mjs exports must be a whole number from 0 to 65535, not null",
  'port: ""': 'The port that app.mjs exports must be a whole number from 0 to 65535, not ""',
  'port: " "': 'The port that app.mjs exports must be a whole number from 0 to 65535, not " "',
  'port: "http"':
    'The port that app.mjs exports must be a whole number from 0 to 65535, not "http"',
  "port: true": "The port that app.mjs exports must be a whole number from 0 to 65535, not true",
  "port: []": "The port that app.mjs exports must be a whole number from 0 to 65535, not []",
  "port: -1": "The port that app.mjs exports must be a whole number from 0 to 65535, not -1",
  "port: 65536": "The port that app.mjs exports must be a whole number from 0 to 65535, not 65536",
  "hostname: null":
    "The hostname that app.mjs exports must be the name or the address of a host, not null",
  'hostname: ""':
    'The hostname that app.mjs exports must be the name or the address of a host, not ""',
  "unix: null": "The unix that app.mjs exports must be the path of a socket, not null",
  'unix: ""': 'The unix that app.mjs exports must be the path of a socket, not ""',
  "unix: 4000": "The unix that app.mjs exports must be the path of a socket, not 4000",
};

/** What a runtime says beside that of a module without exports. */
const SCRIPT: Record<Runtime, string> = {
  bun: ". If it calls Bun.serve itself, start it with scgi run",
  deno: ". If it calls Deno.serve itself, start it with scgi run",
  node: "",
};

/** Kinds that the runtimes may see in different ways; Bun is asked for all. */
const DIFFERENT = /^(?:CommonJS|a class$|a promise that|an export named|null$|nothing$|port: null)/;

describe.each(runtimes)("scgi serve (%s)", (runtime) => {
  function of<Value>(cases: Record<string, Value>): [name: string, value: Value][] {
    return Object.entries(cases).filter(([name]) => runtime === "bun" || DIFFERENT.test(name));
  }

  test("serves apps of every kind", async () => {
    await Promise.all(
      of(APPS).map(async ([what, code]) => {
        const file = code.startsWith('"use strict"') ? "app.cjs" : "app.mjs";
        const folder = folderOf({ [file]: code });
        const listen = `127.0.0.1:${await freePort()}`;
        const child = runIn(folder, runtime, "serve", file, "--listen", listen);
        await child.until(() => child.stdout.startsWith("Listening on "), `it served ${what}`);
        const replies = await Promise.all([1, 2].map(() => ask(listen, "/")));
        replies.push(await ask(listen, "/"));
        expect([what, ...replies.map(({ text }) => text)]).toEqual([
          what,
          ...Array(3).fill("app\n"),
        ]);
        expect([await child.stop(), child.stderr]).toEqual([0, ""]);
      }),
    );
  }, 60_000);

  test("says what every other module must export", async () => {
    const none: [string, string] = ["", `${MUST} It has no default export${SCRIPT[runtime]}`];
    const cases = of({ ...OTHERS, "nothing": none });
    await Promise.all(cases.map(async ([what, [code, says]]) => {
      const child = runIn(folderOf({ "app.mjs": code }), runtime, "serve", "app.mjs", "--port=0");
      expect([what, await child.exited, child.stderr]).toEqual([
        what,
        1,
        `scgi: app.mjs ${says}\n`,
      ]);
    }));
  }, 60_000);

  test("refuses every address that is none", async () => {
    await Promise.all(
      of(ADDRESSES).map(async ([member, says]) => {
        const code = `export default { ${member}, fetch: () => ${REPLY} };`;
        const child = runIn(folderOf({ "app.mjs": code }), runtime, "serve", "app.mjs");
        expect([await child.exited, child.stderr]).toEqual([1, `scgi: ${says}\n`]);
      }),
    );
  }, 60_000);

  test("says why a promise or a class gives no app", async () => {
    const codes = [
      "export default Promise.reject(new Error('the database is away'));",
      "export default class { constructor() { throw new Error('the database is away'); } }",
    ];
    for (const code of codes) {
      const child = runIn(folderOf({ "app.mjs": code }), runtime, "serve", "app.mjs");
      expect([await child.exited, child.stderr]).toEqual([
        1,
        expect.stringMatching(/^scgi: app\.mjs [^\n]+\n[^]*the database is away/),
      ]);
    }
  });

  test("passes over an exported address where a flag gives another", async () => {
    const code = `export default { port: null, hostname: "", unix: 1, fetch: () => ${REPLY} };`;
    const { child, listen } = await serveCode(runtime, code);
    expect((await ask(listen, "/")).text).toBe("app\n");
    expect([await child.stop(), child.stderr]).toEqual([0, ""]);
  });
});
