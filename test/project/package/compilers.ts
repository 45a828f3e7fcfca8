/**
 * The compilers and editors of users: TypeScript 5.2 to 6, apart from the project's own packages. The
 * project's own TypeScript 7 is in `types.ts`; it has no such API, and no `node10`.
 */

import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { install } from "./programs.ts";
import type { Packed } from "./project.ts";

const folder = join(import.meta.dirname, "compilers");
const consumer = readFileSync(join(import.meta.dirname, "consumer.ts"), "utf8");
const require = createRequire(join(folder, "package.json"));

const VERSIONS = ["5.2", "5.9", "6"] as const;
const RESOLUTIONS = {
  node10: { module: "esnext", moduleResolution: "node10" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
};

/** What is used of the compiler's API. */
interface TypeScript {
  convertCompilerOptionsFromJson(json: object, base: string): { options: Options };
  createCompilerHost(options: Options): Host;
  createProgram(files: string[], options: Options, host: Host): Program;
  getPreEmitDiagnostics(program: Program): readonly Diagnostic[];
  flattenDiagnosticMessageText(text: unknown, line: string): string;
  createLanguageService(host: object): Service;
  getDefaultLibFilePath(options: Options): string;
  ScriptSnapshot: { fromString(text: string): object };
  sys: Record<"fileExists" | "readFile" | "readDirectory" | "directoryExists", unknown>;
}
type Options = Record<string, unknown>;
interface Host {
  getSourceFile(file: string, ...rest: unknown[]): unknown;
}
interface Program {
  getSourceFile(file: string): object;
  getOptionsDiagnostics(): readonly Diagnostic[];
  getSemanticDiagnostics(file: object): readonly Diagnostic[];
}
interface Diagnostic {
  file?: { fileName: string };
  messageText: unknown;
}
interface Service {
  getCompletionsAtPosition(
    file: string,
    at: number,
    options: object,
  ): { entries: { name: string; kind: string }[] } | undefined;
}

const load = (version: string): TypeScript => require(`typescript-${version}`);

/** Code with a place, `|`, at which an editor completes the names of variables. */
const EDITED: Record<string, string> = {
  "c.env of a Hono app with Bindings": `import { Hono } from "hono";
import type { Bindings } from "scgi/hono";
const app = new Hono<{ Bindings: Bindings }>();
app.get("/", (c) => c.text(c.env.|));`,
  "c.env of a Hono app with bindings of its own": `import { Hono } from "hono";
import type { Bindings } from "scgi/hono";
const app = new Hono<{ Bindings: Bindings & { OWN: string } }>();
app.get("/", (c) => c.text(c.env.|));`,
  "env of a function given to serve": `import { serve } from "scgi";
serve((request, env) => new Response(env.|));`,
  "env of a method given to serve": `import { serve } from "scgi";
serve({ fetch(request, env, ctx) { return new Response(env.|); } });`,
  "env of a module that satisfies App": `import type { App } from "scgi";
export default { async fetch(request, env, ctx) { return new Response(env.|); } } satisfies App;`,
  "env of a handler with its own bindings": `import type { App, HandlerEnv } from "scgi";
export default {
  fetch: (request, env) => new Response(env.|),
} satisfies App<HandlerEnv & { OWN: string }>;`,
  "env of an app called in a test": `import { call } from "scgi/testing";
await call((request, env) => new Response(env.|), "/");`,
};

/** The tests of that. */
export function testCompilers(packed: () => Packed): void {
  beforeAll(() => install(folder), 120_000);

  const base = { strict: true, exactOptionalPropertyTypes: true, target: "es2022", types: [] };
  const optionsOf = (ts: TypeScript, version: string, resolution: object): Options => {
    const json = { ...base, noEmit: true, skipDefaultLibCheck: true, ...resolution };
    const quiet = version === "6" ? { ignoreDeprecations: "6.0" } : {};
    return ts.convertCompilerOptionsFromJson({ ...json, ...quiet }, ".").options;
  };

  describe.each(VERSIONS)("has types for TypeScript %s", (version) => {
    test("with each way to find them", () => {
      const ts = load(version);
      const project = packed().withHono.npm;
      project.write("consumer.ts", consumer);
      // The three programs have their files in common.
      const files = new Map<string, unknown>();
      for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
        const options = optionsOf(ts, version, resolution);
        const host = ts.createCompilerHost(options);
        const { getSourceFile } = host;
        host.getSourceFile = (file, ...rest) => {
          const library = /\/lib\.[\w.]+\.d\.ts$/.test(file);
          if (!library) return getSourceFile(file, ...rest);
          if (!files.has(file)) files.set(file, getSourceFile(file, ...rest));
          return files.get(file);
        };
        const file = join(project.folder, "consumer.ts");
        const program = ts.createProgram([file], options, host);
        // Each declaration is checked by the oldest; how they are found concerns the consumer alone.
        const diagnostics = version === "5.2" && name === "nodenext"
          ? ts.getPreEmitDiagnostics(program)
          : [
            ...program.getOptionsDiagnostics(),
            ...program.getSemanticDiagnostics(program.getSourceFile(file)),
          ];
        const complaints = diagnostics
          // Hono's own declarations need TypeScript 5.7.
          .filter(({ file }) => !file?.fileName.includes("/node_modules/hono/"))
          .map(({ file, messageText }) =>
            `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`
          );
        expect(complaints).toEqual([]);
      }
    }, 120_000);
  });

  describe("lets an editor complete the names of CGI variables:", () => {
    const names = Object.keys(EDITED);
    const files = new Map<string, string>();
    let service: Service;
    let place: string;
    beforeAll(() => {
      const ts = load("5.9");
      place = packed().withHono.npm.folder;
      for (const [at, name] of names.entries()) {
        files.set(join(place, `edited-${at}.ts`), EDITED[name]!);
      }
      const { fileExists, readFile, readDirectory, directoryExists } = ts.sys;
      const options = optionsOf(ts, "5.9", RESOLUTIONS.bundler);
      service = ts.createLanguageService({
        ...{ readDirectory, directoryExists },
        fileExists: (file: string) =>
          files.has(file) || (fileExists as (f: string) => boolean)(file),
        readFile,
        getScriptFileNames: () => [...files.keys()],
        getScriptVersion: () => "1",
        getScriptSnapshot: (file: string) => {
          const text = files.get(file)?.replace("|", "") ??
            (existsSync(file) ? readFileSync(file, "utf8") : undefined);
          return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
        },
        getCurrentDirectory: () => place,
        getCompilationSettings: () => options,
        getDefaultLibFileName: ts.getDefaultLibFilePath,
      });
    }, 60_000);

    test.each(names)("%s", (name) => {
      const file = join(place, `edited-${names.indexOf(name)}.ts`);
      const found = service.getCompletionsAtPosition(file, files.get(file)!.indexOf("|"), {});
      const completed = found?.entries.map(({ name }) => name) ?? [];
      const wanted = ["REMOTE_ADDR", "REMOTE_USER", "REQUEST_URI", "SCRIPT_NAME", "HTTPS"];
      if (EDITED[name]!.includes("OWN")) wanted.push("OWN");
      expect(completed).toEqual(expect.arrayContaining(wanted));
    }, 60_000);
  });
}
