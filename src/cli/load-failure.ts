/**
 * Explains why a module cannot be loaded, from the error of each runtime.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";
import { RUNTIME_NAME } from "../runtime/system/differences.ts";
import { CommandError } from "./error.ts";
import { explainImport, importedFile, importerOf } from "./missing-import.ts";

/** Where an error of Deno says that the import is. */
const AT = "[^]*? at (?<from>file:\\S+?):\\d+:\\d+";

/** The messages about an import that was not found: what is imported, and the importing file. */
const MISSING = [
  /Cannot find (?:module|package) '(?<what>[^']+)' imported from '?(?<from>[^'\n]+)/,
  /Could not find package '(?<what>[^']+)' from referrer '(?<from>[^']+)/,
  /Cannot find module '(?<what>[^']+)'\nRequire stack:\n- (?<from>[^\n]+)/,
  /Package import specifier "(?<what>[^"]+)" is not defined[^\n]* imported from '?(?<from>[^'\n]+)/,
  /Directory import '(?<what>[^']+)' is not supported[^\n]* imported from (?<from>[^\n]+)/,
  new RegExp(`Directory import '(?<what>[^']+)' is not supported${AT}`),
  new RegExp(`Module not found "(?<what>[^"]+)"${AT}`),
  new RegExp(`Import "(?<what>[^"]+)" not a dependency${AT}`),
  new RegExp(`Unsupported scheme "[^"]+" for module "(?<what>[^"]+)"${AT}`),
  new RegExp(`No such built-in module: (?<what>\\S+)(?:${AT})?`),
  /Received protocol '(?<what>[^']+)'/,
];

/** The messages about a package that is installed and does not export what is imported. */
const NOT_EXPORTED = [
  /Package subpath '\.\/(?<subpath>[^']+)' is not defined by "exports" in '?(?<json>[^'\n]*?package\.json)(?:'? imported from '?(?<from>[^'\n]+))?/,
  /No "exports" main defined in '?(?<json>[^'\n]*?package\.json)(?:'? imported from '?(?<from>[^'\n]+))?/,
];

/** The messages about a file that is no script. */
const NO_SCRIPT = [
  /Unknown file extension "[^"]*" for (?<what>[^\n]+)/,
  new RegExp(`identified a \\w+ module[^]*?Specifier: (?<what>file:\\S+)${AT}`),
];

/** The messages about an import of JSON that does not say so. */
const NO_TYPE = [
  /Module "(?<what>[^"]+)" needs an import (?:attribute|assertion)/,
  new RegExp(`without specifying "type": "json" attribute${AT}`),
];

/** The error for a module that cannot be loaded: says what to do where the cause is known. */
export function loadFailure(name: string, error: unknown): CommandError {
  const { message, specifier, referrer } = partsOf(error);
  const text = stripVTControlCharacters(message);
  const sentence = explain(name, text, specifier, referrer);
  if (sentence !== undefined) return new CommandError(sentence, 1);
  // A message of Deno that names the place makes its stack useless: it shows only this command.
  const cause = /file:\S+:\d+:\d+/.test(text) ? text : error;
  return new CommandError(`${name} could not be loaded`, 1, { cause });
}

function explain(
  name: string,
  text: string,
  specifier?: string,
  referrer?: string,
): string | undefined {
  const noScript = groupsOf(NO_SCRIPT, text);
  if (noScript !== undefined) return explainNoScript(name, noScript);
  const noType = groupsOf(NO_TYPE, text);
  if (noType !== undefined) {
    const { what, from = name } = noType;
    const file = what === undefined
      ? `${importedFile(from)} imports JSON, and`
      : importedFile(what);
    return `${file} must be imported with its type: import … with { type: "json" }`;
  }
  const notExported = groupsOf(NOT_EXPORTED, text);
  if (notExported !== undefined) {
    const { json, subpath, from = name } = notExported;
    const pack = json!.replace(/\/package\.json$/, "").split("/node_modules/").at(-1)!;
    const what = subpath === undefined ? pack : `${pack}/${subpath}`;
    return `${
      importedFile(from)
    } imports ${what}, which the installed package ${pack} does not export`;
  }
  // Bun has the whole specifier in properties, and a part of it in the message.
  const missing = specifier === undefined ? groupsOf(MISSING, text) : { what: specifier };
  return missing && explainImport(missing.what!, missing.from ?? referrer, name);
}

function explainNoScript(name: string, { what, from }: Record<string, string | undefined>): string {
  const file = importedFile(what!);
  if (/\.[cm]?tsx?$|\.jsx$/.test(file)) {
    return `${RUNTIME_NAME} cannot load ${file}. Compile it first, or serve it with Bun or Deno`;
  }
  return file === importedFile(name)
    ? `${RUNTIME_NAME} cannot load ${file}, which is no script`
    : `${
      importerOf(from, name)
    } imports ${file}, which is no script. Read it as a file, or bundle ` +
      "the app first";
}

function groupsOf(forms: RegExp[], text: string): Record<string, string | undefined> | undefined {
  return forms.map((form) => form.exec(text)?.groups).find((groups) => groups);
}

/** Properties of a thrown value, which may be anything. */
function partsOf(
  error: unknown,
): { message: string; specifier: string | undefined; referrer: string | undefined } {
  try {
    const { message = "", specifier, referrer } = Object(error) as Record<string, unknown>;
    return { message: String(message), specifier: textOf(specifier), referrer: textOf(referrer) };
  } catch {
    return { message: "", specifier: undefined, referrer: undefined };
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
