/**
 * Reads a configuration of nginx with the files that it includes.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Directive, parseNginx } from "../../config/nginx-syntax.ts";
import { CommandError } from "../error.ts";
import { type Finding, no } from "./finding.ts";

/** A directive, and the file that it is in. */
export interface Located extends Omit<Directive, "block"> {
  readonly file: string;
  readonly block?: readonly Located[];
}

/** A configuration. */
export interface NginxFiles {
  /** The directives of the file, with those of included files in the place of `include`. */
  readonly directives: readonly Located[];
  /** The user of the workers, where the file or the nginx.conf above it names one. */
  readonly user: string | undefined;
  /** Included files that are missing. */
  readonly findings: readonly Finding[];
}

const MAIN = "nginx.conf";
/** Includes that are nested deeper are a loop, which nginx refuses to start with. */
const MOST_DEPTH = 20;

/**
 * Reads a configuration: a whole one, or a site of one.
 *
 * @throws {CommandError} where the file cannot be read, or is no configuration of nginx.
 */
export function readNginx(name: string): NginxFiles {
  const file = resolve(name);
  const prefix = prefixOf(file);
  const findings: Finding[] = [];

  const load = (path: string, depth: number): Located[] => locate(parse(path), path, depth);
  const locate = (directives: readonly Directive[], path: string, depth: number): Located[] =>
    directives.flatMap(({ block, ...directive }): Located[] => {
      if (directive.name === "include" && directive.args.length === 1 && depth < MOST_DEPTH) {
        const pattern = resolve(prefix, directive.args[0]!);
        const files = matching(pattern);
        if (files.length === 0 && !/[*?[]/.test(pattern)) {
          findings.push(no(`${path}:${directive.line} includes ${pattern}, which does not exist`));
        }
        return files.flatMap((each) => load(each, depth + 1));
      }
      const located = { ...directive, file: path };
      return [block === undefined ? located : { ...located, block: locate(block, path, depth) }];
    });

  const directives = load(file, 0);
  const main = join(prefix, MAIN);
  const own = userOf(directives);
  const user = own ?? (main !== file && existsSync(main) ? userOf(parse(main)) : undefined);
  return { directives, user, findings };
}

function userOf(directives: readonly Directive[]): string | undefined {
  return directives.find(({ name }) => name === "user")?.args[0];
}

function parse(path: string): Directive[] {
  try {
    return parseNginx(readFileSync(path, "utf8"));
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`, 1);
  }
}

/** The folder that relative paths begin at: that of nginx.conf, which may be above a site. */
function prefixOf(file: string): string {
  for (let folder = dirname(file);; folder = dirname(folder)) {
    if (existsSync(join(folder, MAIN))) return folder;
    if (folder === dirname(folder)) return dirname(file);
  }
}

/** The files that a pattern of glob(3) matches. */
function matching(pattern: string): string[] {
  return pattern.split("/").filter((part) => part !== "").reduce<string[]>(
    (folders, part) => folders.flatMap((folder) => entries(folder, part)),
    ["/"],
  );
}

function entries(folder: string, part: string): string[] {
  if (!/[*?[]/.test(part)) {
    const path = join(folder, part);
    return existsSync(path) ? [path] : [];
  }
  const expression = part.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", ".*")
    .replaceAll("?", ".").replaceAll("[!", "[^");
  try {
    const matches = new RegExp(`^(?!\\.)${expression}$`);
    return readdirSync(folder).filter((name) => matches.test(name)).sort()
      .map((name) => join(folder, name));
  } catch {
    // A folder that cannot be read, or brackets that are not closed.
    return [];
  }
}
