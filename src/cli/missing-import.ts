/**
 * Explains an import that was not found.
 *
 * @module
 */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { ALIASES, INSTALL, RUNTIME_NAME } from "../runtime/system/differences.ts";
import { fileSystem } from "../runtime/system/file-system.ts";
import { parseJsonc } from "./jsonc.ts";
import { namesIn } from "./names-in.ts";

/** Specifiers that only some runtimes have, and what to do. */
const FOREIGN: readonly [specifier: RegExp, advice: string][] = [
  [/^bun(?::|$)/, "Only Bun has it"],
  [/^cloudflare:/, "Only Cloudflare Workers have it"],
  [/^(?:npm|jsr):/, "Install the package, and import it by its name"],
  [/^https?:/, "Install it as a package, or bundle the app first"],
];

/** The file that an import leads to, as it is shown. */
export function importedFile(file: string): string {
  return path.relative("", toPath(file));
}

/** The subject of a sentence on an import: the importing file, where it is known. */
export function importerOf(from: string | undefined, name: string): string {
  return from === undefined ? `${name}, or a module that it imports,` : importedFile(from);
}

/**
 * A sentence on an import that was not found.
 *
 * @param from The importing file; undefined where only the module that was to be served is known.
 */
export function explainImport(what: string, from: string | undefined, name: string): string {
  const importer = toPath(from ?? name);
  const imports = `${importerOf(from, name)} imports ${what}`;
  if (/^(\.{0,2}\/|\.{1,2}$|file:)/.test(what)) return explainPath(what, importer);
  if (what.startsWith("#")) {
    return `${imports}, to which "imports" in package.json gives no file`;
  }
  if (what.startsWith("node:")) {
    return `${imports}, a module that ${RUNTIME_NAME} does not have`;
  }
  const foreign = FOREIGN.find(([specifier]) => specifier.test(what));
  if (foreign !== undefined || /^[a-z][a-z0-9+.-]*:/.test(what)) {
    return `${imports}, which ${RUNTIME_NAME} cannot load${foreign ? `. ${foreign[1]}` : ""}`;
  }
  if (isAlias(what, importer)) return `${imports}, an alias ${ALIASES}`;
  const pack = /^(?:@[^/]+\/)?[^/]+/.exec(what)?.[0] ?? what;
  if (isInstalled(pack, importer)) {
    return `${imports}, which the installed package ${pack} does not export`;
  }
  return `${path.relative("", importer)} needs the package ${pack}, which is not installed. ` +
    `Run ${INSTALL}${pack}`;
}

function explainPath(what: string, importer: string): string {
  const shown = path.relative("", importer);
  const file = path.resolve(path.dirname(importer), toPath(what));
  const [, pack, rest] = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)(.*)$/.exec(file) ?? [];
  if (pack !== undefined && !importer.includes(`/node_modules/${pack}/`)) {
    return `${shown} imports ${pack}${rest}, which the installed package ${pack} does not have`;
  }
  const imports = `${shown} imports ${path.relative("", file)}`;
  if (fileSystem.stat(file)?.kind === "folder") {
    return `${imports}, which is a folder. Name a file in it`;
  }
  const near = namesIn(path.dirname(file))
    .find((name) => name.startsWith(`${path.basename(file)}.`));
  const question = near === undefined
    ? ""
    : `. Did you mean ${path.relative("", path.join(path.dirname(file), near))}?`;
  return `${imports}, which was not found${question}`;
}

/** Whether a specifier is no name of a package, or a compiler's settings map it to a path. */
function isAlias(what: string, importer: string): boolean {
  return /^(?:@\/|[~$])/.test(what) ||
    foldersUp(importer).some((folder) =>
      ["tsconfig.json", "jsconfig.json"].some((name) =>
        aliasesIn(path.join(folder, name)).some((alias) => {
          const [start, end] = alias.split("*");
          return end === undefined ? alias === what : what.startsWith(start!) && what.endsWith(end);
        })
      )
    );
}

/** The aliases of a compiler's settings, except for one that fits all specifiers. */
function aliasesIn(settings: string): string[] {
  try {
    const { compilerOptions: { paths = {} } = {} } = parseJsonc(fileSystem.read(settings)) as {
      compilerOptions?: { paths?: object };
    };
    return Object.keys(paths).filter((alias) => alias !== "*");
  } catch {
    return [];
  }
}

function isInstalled(pack: string, importer: string): boolean {
  return foldersUp(importer).some((folder) =>
    fileSystem.stat(path.join(folder, "node_modules", pack))?.kind === "folder"
  );
}

/** The folder of a file, and those above it. */
function foldersUp(file: string): string[] {
  const folders = [path.dirname(file)];
  while (path.dirname(folders.at(-1)!) !== folders.at(-1)) {
    folders.push(path.dirname(folders.at(-1)!));
  }
  return folders;
}

function toPath(file: string): string {
  return file.startsWith("file:") ? fileURLToPath(file) : file;
}
