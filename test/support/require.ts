/** Programs that a test needs and a machine may lack. */

import { describe, test } from "bun:test";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** Each tool that tests ask for, with the names its program goes by. */
const programs = {
  nginx: ["nginx"],
  lighttpd: ["lighttpd"],
  apache: ["apache2", "httpd"],
  cherokee: ["cherokee-worker", "cherokee"],
  chromium: ["chromium", "chromium-browser", "google-chrome"],
  perl: ["perl"],
  tclsh: ["tclsh"],
  uwsgi: ["uwsgi"],
  rtorrent: ["rtorrent"],
  curl: ["curl"],
  logrotate: ["logrotate"],
  prometheus: ["prometheus"],
  promtool: ["promtool"],
  setfacl: ["setfacl"],
} as const;

/** What is no program, with the file that it brings. */
const files = {
  "libscgi-perl": "/usr/share/perl5/SCGI.pm",
  "python3-websockets": "/usr/lib/python3/dist-packages/websockets/__init__.py",
  "ruby-rack": "/usr/bin/rackup",
  "uwsgi-plugin-lua5.1": "/usr/lib/uwsgi/plugins/lua51_plugin.so",
  "uwsgi-plugin-php": "/usr/lib/uwsgi/plugins/php_plugin.so",
  "uwsgi-plugin-psgi": "/usr/lib/uwsgi/plugins/psgi_plugin.so",
  "uwsgi-plugin-python3": "/usr/lib/uwsgi/plugins/python3_plugin.so",
  "uwsgi-plugin-rack-ruby3.1": "/usr/lib/uwsgi/plugins/rack_ruby31_plugin.so",
} as const;

/** A program, or a part of one, that does not belong to the project. */
export type Tool = keyof typeof programs | keyof typeof files;

const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

/** The path of a tool, or undefined where it is not installed. */
export function findTool(tool: Tool): string | undefined {
  if (tool in files) {
    const file = files[tool as keyof typeof files];
    return existsSync(file) ? file : undefined;
  }
  const paths = programs[tool as keyof typeof programs].flatMap((name) =>
    folders.map((folder) => join(folder, name))
  );
  return paths.find(isProgram);
}

/** The path of a tool; throws, with the line to type, where it is not installed. */
export function requireTool(tool: Tool): string {
  const path = findTool(tool);
  if (path === undefined) throw new Error(missing(tool));
  return path;
}

/**
 * A `describe` that runs where the tools are installed. Elsewhere it is one skipped test that
 * names the line to type, or, with `REQUIRE_WEB_SERVERS=1`, one failing test.
 */
export function describeWith(
  tools: Tool | readonly Tool[],
  name: string,
  tests: () => void,
): void {
  const absent = [tools].flat().find((tool) => findTool(tool) === undefined);
  if (absent === undefined) describe(name, tests);
  else if (process.env.REQUIRE_WEB_SERVERS === "1") test(name, () => void requireTool(absent));
  else test.skip(`${name} (${missing(absent)})`, () => {});
}

function missing(tool: Tool): string {
  return `${tool} is not installed: npm run setup:web-servers`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
