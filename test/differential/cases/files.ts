/** Files as bodies, conditions and ranges. */

import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { At } from "../at.ts";
import type { Handler, Lines, Shape, Table } from "../case.ts";

const files = join(import.meta.dirname, "../../run/apps/files");
const digits = join(files, "digits.bin");
const note = join(files, "small.txt");
const of = (body: unknown, init?: ResponseInit) => new Response(body as BodyInit, init);

/** The path of a file of this try. */
function pathOf({ folder, id }: At, name: string): string {
  mkdirSync(join(folder, id), { recursive: true });
  return join(folder, id, name);
}

/** A new file of this try. */
function written(at: At, name: string, text = "0123456789"): string {
  const path = pathOf(at, name);
  writeFileSync(path, text);
  return path;
}

/** Files that are kept from one request to the next. */
const kept = new Map<string, unknown>();
function keep<T>(id: string, make: () => T): T {
  if (!kept.has(id)) kept.set(id, make());
  return kept.get(id) as T;
}

const bodies: Record<string, Handler> = {
  "a file": () => of(Bun.file(digits)),
  "a text file": () => of(Bun.file(note)),
  "a file with a type": () => of(Bun.file(digits, { type: "image/png" })),
  "a file with headers": () => of(Bun.file(digits), { headers: { "x-own": "1" } }),
  "a file with the type of its headers": () =>
    of(Bun.file(digits), { headers: { "content-type": "text/html" } }),
  "a file with a status": () => of(Bun.file(digits), { status: 404 }),
  "a file beside 204": () => of(Bun.file(digits), { status: 204 }),
  "a file with a length": () => of(Bun.file(digits), { headers: { "content-length": "3" } }),
  "a file with an entity tag": () => of(Bun.file(digits), { headers: { etag: '"own"' } }),
  "a slice from the middle": () => of(Bun.file(digits).slice(3)),
  "a slice of the middle": () => of(Bun.file(digits).slice(3, 6)),
  "a slice to the end": () => of(Bun.file(digits).slice(0, 100)),
  "a slice from the end": () => of(Bun.file(digits).slice(-3)),
  "an empty slice": () => of(Bun.file(digits).slice(3, 3)),
  "a slice of a slice": () => of(Bun.file(digits).slice(2, 8).slice(1, 3)),
  "a slice with a type": () => of(Bun.file(digits).slice(2, 8, "text/css")),
  "the stream of a file": () => of(Bun.file(digits).stream(), { headers: { "x-own": "1" } }),
  "the bytes of a file": async () => of(await Bun.file(digits).bytes()),
  "the text of a file": async () => of(await Bun.file(note).text()),
  "an empty file": (_, at) => of(Bun.file(written(at, "empty", ""))),
  "a long file": (_, at) => of(Bun.file(written(at, "long", "0123456789".repeat(30_000)))),
  "a slice of a long file": (_, at) =>
    of(Bun.file(written(at, "slice", "0123456789".repeat(30_000))).slice(5, 250_005)),
  "a file that is missing": () => of(Bun.file("/nothing/here")),
  "a slice of a file that is missing": () => of(Bun.file("/nothing/here").slice(2)),
  "a folder": () => of(Bun.file(files)),
  "a file of /proc": () => of(Bun.file("/proc/sys/kernel/ostype")),
  "a device": () => of(Bun.file("/dev/null")),
  "a file by its URL": () => of(Bun.file(new URL(`file://${digits}`))),
  "a file in a form": () => {
    const form = new FormData();
    form.set("file", Bun.file(note));
    return of(form);
  },
  "a file in a Blob": () => of(new Blob(["a ", Bun.file(note)])),
  "a file that was read": async () => {
    const file = Bun.file(digits);
    await file.text();
    return of(file);
  },
  "a file whose size was asked for": () => {
    const file = Bun.file(digits);
    return of(file, { headers: { "x-size": String(file.size) } });
  },
  "a file whose existence was asked for": async () => {
    const file = Bun.file(digits);
    return of(file, { headers: { "x-exists": String(await file.exists()) } });
  },
  "a clone of a file": () => of(Bun.file(digits)).clone(),
  "a copy of a file": () => of(of(Bun.file(digits)).body),
  "a file that was looked at": () => {
    const response = of(Bun.file(digits));
    return response.body === null ? of("none") : response;
  },
  "a file removed by its handler": async (_, at) => {
    const file = Bun.file(written(at, "removed"));
    await file.unlink();
    return of(file);
  },
};

const changing: Record<string, Handler> = {
  "that grows": (_, at) => {
    const path = pathOf(at, "grows");
    const file = keep(`${at.id} grows`, () => Bun.file(written(at, "grows", "")));
    appendFileSync(path, "more ");
    return of(file);
  },
  "that grows, and whose size was asked for": (_, at) => {
    const path = pathOf(at, "sized");
    const file = keep(`${at.id} sized`, () => Bun.file(written(at, "sized", "")));
    appendFileSync(path, "more ");
    return of(file, { headers: { "x-size": String(file.size > 0) } });
  },
  "that shrinks": (_, at) => {
    const path = pathOf(at, "shrinks");
    let length = 50;
    const file = keep(`${at.id} shrinks`, () => Bun.file(written(at, "shrinks", "x".repeat(50))));
    length = keep(`${at.id} lengths`, () => ({ next: 50 })).next -= 10;
    truncateSync(path, length);
    return of(file);
  },
  "that changes": (_, at) => {
    const count = keep(`${at.id} changes`, () => ({ of: 0 }));
    const file = keep(`${at.id} changing`, () => Bun.file(written(at, "changing", "")));
    written(at, "changing", `version ${count.of++}`);
    return of(file);
  },
  "that grows, as a stream and whole in turns": (_, at) => {
    const path = pathOf(at, "turns");
    const count = keep(`${at.id} turn`, () => ({ of: 0 }));
    const file = keep(`${at.id} turns`, () => Bun.file(written(at, "turns", "first ")));
    appendFileSync(path, "more ");
    return of(count.of++ % 2 === 0 ? file.stream() : file, { headers: { "content-type": "a/b" } });
  },
  "that grows, and was read before": async (_, at) => {
    const path = pathOf(at, "read");
    const file = keep(`${at.id} read`, () => Bun.file(written(at, "read", "first ")));
    const size = (await file.text()).length;
    appendFileSync(path, "more ");
    return of(file, { headers: { "x-size": String(size) } });
  },
  "that grows, as a slice": (_, at) => {
    const path = pathOf(at, "sliced");
    const file = keep(`${at.id} sliced`, () => Bun.file(written(at, "sliced", "first ")));
    appendFileSync(path, "more ");
    return of(file.slice(3), { headers: { "content-type": "a/b" } });
  },
  "that grows, of a kept slice": (_, at) => {
    const path = pathOf(at, "slice-kept");
    const slice = keep(
      `${at.id} slice-kept`,
      () => Bun.file(written(at, "slice-kept", "first ")).slice(2),
    );
    appendFileSync(path, "more ");
    return of(slice, { headers: { "content-type": "a/b" } });
  },
  "that appears": (_, at) => {
    const count = keep(`${at.id} appears`, () => ({ of: 0 }));
    const file = keep(`${at.id} appearing`, () => Bun.file(pathOf(at, "appearing")));
    if (count.of++ > 0) written(at, "appearing", "here");
    return of(file);
  },
  "as a stream, that grows": (_, at) => {
    const path = pathOf(at, "stream");
    const file = keep(`${at.id} stream`, () => Bun.file(written(at, "stream", "")));
    appendFileSync(path, "more ");
    return of(file.stream(), { headers: { "content-type": "text/plain" } });
  },
};

const ofBun: Lines = {};
for (const [what, handler] of Object.entries(bodies)) {
  ofBun[`Bun.file: ${what}`] = handler;
  if (what !== "a folder") ofBun[`Bun.file: HEAD of ${what}`] = [{ method: "HEAD" }, handler];
}
for (const [what, handler] of Object.entries(changing)) {
  ofBun[`Bun.file: a kept file ${what}`] = [{ times: 3 }, handler];
  ofBun[`Bun.file: HEAD of a kept file ${what}`] = [{ times: 3, method: "HEAD" }, handler];
}

const ranges = [
  "bytes=0-4",
  "bytes=5-",
  "bytes=-3",
  "bytes=0-0",
  "bytes=0-",
  "bytes=9-9",
  "bytes=5-100",
  "bytes=10-",
  "bytes=20-30",
  "bytes=-0",
  "bytes=-100",
  "bytes=4-2",
  "bytes=0-1,4-5",
  "bytes=a-b",
  "bytes=",
  "items=0-1",
  "bytes = 0-1",
  "BYTES=0-1",
  "bytes=0-1,",
];
const ranged: Record<string, Handler> = {
  "a file": () => of(Bun.file(digits)),
  "a slice": () => of(Bun.file(digits).slice(2, 8)),
  "a file with headers": () =>
    of(Bun.file(digits), { headers: { "x-own": "1", "content-type": "video/mp4" } }),
  "a file with a status": () => of(Bun.file(digits), { status: 201 }),
  "a file with its own Content-Range": () =>
    of(Bun.file(digits), { headers: { "content-range": "bytes 0-9/10" } }),
  "a file with a length": () => of(Bun.file(digits), { headers: { "content-length": "10" } }),
};
for (const range of ranges) {
  ofBun[`Bun.file: Range: ${range} of a file`] = [
    { headers: [`Range: ${range}`] },
    ranged["a file"]!,
  ];
  ofBun[`Bun.file: Range: ${range} of a slice`] = [
    { headers: [`Range: ${range}`] },
    ranged["a slice"]!,
  ];
}
for (const [what, handler] of Object.entries(ranged)) {
  const shapes: Record<string, Shape> = {
    "Range": { headers: ["Range: bytes=2-4"] },
    "Range and HEAD": { headers: ["Range: bytes=2-4"], method: "HEAD" },
    "Range and POST": { headers: ["Range: bytes=2-4"], method: "POST" },
    "Range and If-Range": { headers: ["Range: bytes=2-4", 'If-Range: "other"'] },
    "Range and a date": {
      headers: ["Range: bytes=2-4", "If-Range: Wed, 21 Oct 2015 07:28:00 GMT"],
    },
    "If-None-Match": { headers: ['If-None-Match: "own"'] },
    "If-Modified-Since": { headers: ["If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"] },
  };
  for (const [asked, shape] of Object.entries(shapes)) {
    ofBun[`Bun.file: ${what}, asked for with ${asked}`] = [shape, handler];
  }
}

/** What no server answers by itself. */
const others: Lines = {
  "a range of a string": [{ headers: ["Range: bytes=0-1"] }, () => of("0123456789")],
  "a range of bytes": [{ headers: ["Range: bytes=0-1"] }, () => of(new Uint8Array(10))],
  "a range of a Blob": [{ headers: ["Range: bytes=0-1"] }, () => of(new Blob(["0123456789"]))],
  "a range of a stream": [
    { headers: ["Range: bytes=0-1"], streamed: true },
    () => of(new Blob(["0123456789"]).stream().pipeThrough(new TransformStream())),
  ],
  "a tag that the sender has": [
    { headers: ['If-None-Match: "own"'] },
    () => of("tagged", { headers: { etag: '"own"' } }),
  ],
  "a date that the sender has": [
    { headers: ["If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT"] },
    () => of("dated", { headers: { "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT" } }),
  ],
  "a condition that fails": [
    { headers: ['If-Match: "other"'] },
    () => of("tagged", { headers: { etag: '"own"' } }),
  ],
};

export const fileTables: readonly Table[] = [
  {
    row: "`routes`: Responses with their entity tags, files with ranges, folders",
    shape: { on: ["bun"] },
    cases: ofBun,
  },
  { row: "Strings, bytes, streams, JSON, forms, redirects, statuses", cases: others },
];
