/** Handlers that fail, and handlers of errors. */

import { CaseError } from "../at.ts";
import type { Lines, Table } from "../case.ts";

const pause = (ms = 2) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const raise = (error: unknown): never => {
  throw error;
};

/** What is given in the place of a Response. */
const values: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  "a string": () => "a string",
  "a number": () => 5,
  "an object": () => ({}),
  "an object that looks like a Response": () => ({ status: 200, headers: {}, body: "x" }),
  "a Request": () => new Request("http://h/"),
  "an Error": () => new Error("a detail"),
  "a Blob": () => new Blob(["x"]),
  "a function": () => () => new Response("x"),
  "a Promise of a Promise": () => Promise.resolve(Promise.resolve(new Response("x"))),
  "a Response without a prototype": () => Object.create(Response.prototype),
  "a proxy of a Response": () => new Proxy(new Response("x"), {}),
  "the class of Responses": () => Response,
  "headers": () => new Headers(),
  "a list": () => [],
};

/** What is thrown. */
const thrown: Record<string, () => unknown> = {
  "an Error": () => new Error("a detail"),
  "a TypeError": () => new TypeError("a detail"),
  "a string": () => "a string",
  "a number": () => 5,
  "null": () => null,
  "undefined": () => undefined,
  "an object": () => ({ status: 404 }),
  "a Response": () => new Response("thrown", { status: 404 }),
  "an Error with a status": () => Object.assign(new Error("a detail"), { status: 404 }),
  "an aborted Error": () => new DOMException("a detail", "AbortError"),
  "an Error of a class": () => new class Own extends Error {}("a detail"),
  "a frozen Error": () => Object.freeze(new Error("a detail")),
};

const table: Lines = {};
for (const [what, make] of Object.entries(values)) {
  table[`a handler that returns ${what}`] = () => make();
  table[`a handler that resolves to ${what}`] = async () => (await pause(), make());
}
for (const [what, make] of Object.entries(thrown)) {
  table[`a handler that throws ${what}`] = () => raise(make());
  table[`a handler that rejects with ${what}`] = async () => (await pause(), raise(make()));
}
for (const method of ["HEAD", "POST", "OPTIONS"]) {
  table[`a handler that throws at ${method}`] = [{ method }, () => raise(new Error("a detail"))];
}

/** Responses of other classes. */
const foreign: Lines = {
  "a Response of a class of its own": () => new class Own extends Response {}("own"),
  "a Response whose prototype was changed": () =>
    Object.setPrototypeOf(new Response("changed"), class extends Response {}.prototype),
};

/** What Bun has of the packages that make Responses of their own. */
const foreignOnBun: Lines = {
  "a Response of node-fetch": async () => {
    const { Response } = await import("node-fetch" as string);
    return new Response("of node-fetch", { status: 201, headers: { "x-own": "1" } });
  },
  "a Response of undici": async () => {
    const { Response } = await import("undici" as string);
    return new Response("of undici", { status: 201, headers: { "x-own": "1" } });
  },
  "what node-fetch has fetched": async (_, { upstream }) => {
    const { default: fetch } = await import("node-fetch" as string);
    return await fetch(`${upstream}/chunks`);
  },
};

const kept: Record<string, Response> = {};

const responses: Lines = {
  "a Response that was used by text()": async () => {
    const response = new Response("x");
    await response.text();
    return response;
  },
  "a Response of JSON that was used": async () => {
    const response = Response.json({});
    await response.json();
    return response;
  },
  "a null Response that was used": async () => {
    const response = new Response(null);
    await response.text();
    return response;
  },
  "an empty Response that was used": async () => {
    const response = new Response("");
    await response.text();
    return response;
  },
  "a kept Response of a stream": [
    { times: 2, streamed: true },
    (_, { id }) =>
      kept[`${id}t`] ??= new Response(
        new Blob(["kept"]).stream().pipeThrough(new TransformStream()),
      ),
  ],
  "a kept Response of nothing": [
    { times: 3 },
    (_, { id }) => kept[`${id}n`] ??= new Response(null),
  ],
  "a kept redirect": [
    { times: 3 },
    (_, { id }) => kept[`${id}r`] ??= Response.redirect("http://h/"),
  ],
  "clones of a kept Response": [
    { times: 3 },
    (_, { id }) => (kept[`${id}c`] ??= new Response("kept")).clone(),
  ],
  "a kept Response with 204": [
    { times: 3 },
    (_, { id }) => kept[`${id}2`] ??= new Response(null, { status: 204 }),
  ],
};

/** What @hono/node-server sends again, as it keeps the body. */
const again: Lines = {
  "a kept Response of a string": [
    { times: 2 },
    (_, { id }) => kept[`${id}s`] ??= new Response("kept"),
  ],
  "a kept Response of JSON": [
    { times: 2 },
    (_, { id }) => kept[`${id}j`] ??= Response.json({ a: 1 }),
  ],
  "a kept Response that is asked for by HEAD": [
    { times: 2, method: "HEAD" },
    (_, { id }) => kept[`${id}h`] ??= new Response("kept"),
  ],
  "a kept Response of bytes": [
    { times: 2 },
    (_, { id }) => kept[`${id}b`] ??= new Response(new TextEncoder().encode("kept")),
  ],
  "a kept Response of a Blob": [
    { times: 2 },
    (_, { id }) => kept[`${id}B`] ??= new Response(new Blob(["kept"])),
  ],
};

/** Errors that handlers of errors know the request of. */
const told: Lines = {
  "an error that is answered": (_, at) => raise(new CaseError(at)),
  "an error that is answered, later": async (_, at) => (await pause(), raise(new CaseError(at))),
  "an error that is answered, to HEAD": [{ method: "HEAD" }, (_, at) => raise(new CaseError(at))],
  "an error that is answered, to POST": [{ body: "unread" }, (_, at) => raise(new CaseError(at))],
  "an error that is answered late": (_, at) => raise(new CaseError(at, "late")),
  "an error that is not answered": (_, at) => raise(new CaseError(at, "unanswered")),
  "an error handler that throws": (_, at) => raise(new CaseError(at, "throw again")),
  "an error handler that rejects": (_, at) => raise(new CaseError(at, "reject again")),
  "an error handler that returns nonsense": (_, at) => raise(new CaseError(at, "nonsense")),
};

export const errors: readonly Table[] = [
  { row: "An error handler that answers", cases: { ...table, ...responses, ...foreign } },
  { row: "Responses of `fetch()`, passed on", shape: { on: ["bun"] }, cases: foreignOnBun },
  {
    row: "An error handler that answers",
    shape: { on: ["bun", "deno"] },
    cases: { ...told, ...again },
  },
];
