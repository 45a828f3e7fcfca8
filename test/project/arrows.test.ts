/** The imports of src: which folder may know which, and that no two files know each other. */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { root } from "../support/root.ts";

/** Each folder, with the folders that its files may import from; a file at the top is its own. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  "errors.ts": [],
  scgi: ["errors.ts"],
  websocket: ["errors.ts", "scgi"],
  "address.ts": ["errors.ts", "scgi"],
  cgi: ["errors.ts", "scgi"],
  transport: ["errors.ts", "address.ts", "scgi", "cgi"],
  runtime: ["errors.ts", "address.ts", "scgi", "cgi", "transport"],
  report: ["errors.ts", "scgi", "runtime"],
  client: ["errors.ts", "address.ts", "scgi", "cgi", "transport", "runtime", "report"],
  server: ["errors.ts", "address.ts", "scgi", "websocket", "cgi", "transport", "runtime", "report"],
  testing: [
    ...["errors.ts", "scgi", "cgi", "transport", "runtime", "report", "client", "server"],
  ],
  config: ["errors.ts", "address.ts", "scgi"],
};
/** What puts the others together: doors to them, the stand-ins and the command. */
const PUT_TOGETHER = /^(?:run|cli|(?:mod|client|gateway|hono|protocol|testing|websocket|cli)\.ts)$/;

const src = join(root, "src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts")).sort();

/** The files that a file imports, once it is loaded or later. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), "utf8");
  return [...text.matchAll(/(?:from |import\(|^import )"(\.[^"]+\.ts)"/gm)]
    .map(([, path]) => normalize(join(dirname(file), path!)));
}

const imports = new Map(files.map((file) => [file, importsOf(file)]));
const roomOf = (file: string) => file.split("/")[0]!;

test("arrows between the folders of src go one way", () => {
  const wrong = files.flatMap((file) => {
    const room = roomOf(file);
    if (PUT_TOGETHER.test(room)) return [];
    const allowed = [room, ...MAY_IMPORT[room] ?? []];
    return imports.get(file)!.filter((other) => !allowed.includes(roomOf(other)))
      .map((other) => `${file} -> ${other}`);
  });
  expect(wrong).toEqual([]);
});

test("public doors hold re-exports, and what three have of their runtime, nothing else", () => {
  const doors = ["mod", "client", "gateway", "hono", "protocol", "testing", "websocket"];
  for (const door of doors) {
    const text = readFileSync(join(src, `${door}.ts`), "utf8").replace(/\/\*\*.*?\*\//gs, "")
      .replace(/^import "\.\/runtime\/own\.ts";$/m, "");
    expect(text.replace(/^export (?:type )?\{[^}]*\} from "[^"]+";$/gm, "").trim()).toBe("");
  }
});

test("no two files import each other", () => {
  const pairs = files.flatMap((file) =>
    imports.get(file)!.filter((other) => file < other && imports.get(other)?.includes(file))
      .map((other) => `${file} <-> ${other}`)
  );
  expect(pairs).toEqual([]);
});

test("a runtime's name stands in src/runtime and src/run alone", () => {
  const named = files.filter((file) => !/^(?:runtime|run)\//.test(file)).filter((file) => {
    const code = readFileSync(join(src, file), "utf8").replace(/\/\*.*?\*\/|\/\/.*/gs, "");
    return /\b(?:globalThis(?: as [^;]*)?\)?\.?(?:Bun|Deno)|"(?:Bun|Deno)" in|const \{ (?:Bun|Deno))/
      .test(code);
  });
  expect(named).toEqual([]);
});
