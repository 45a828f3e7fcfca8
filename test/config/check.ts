/** Asks the web servers, and systemd, what they think of a configuration. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { ConfigTarget } from "../../src/config/mod.ts";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { requireTool } from "../support/require.ts";

/** What Debian's `a2enmod` names in the printed text, and what Debian loads unasked. */
const DEBIAN_APACHE_MODULES = ["mpm_event", "authz_core", "alias", "reqtimeout"];

/** What a program has to say against a configuration; an empty text when nothing. */
export function complaints(target: ConfigTarget, text: string): string {
  const folder = temporaryFolder();
  try {
    return checks[target](text, folder);
  } finally {
    removeFolder(folder);
  }
}

/** Whether this machine can check units. */
export const hasSystemd = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"].some(existsSync);

/** Its version; 0 where there is none. Before 253 it does not know `Type=notify-reload`. */
export const systemdVersion: number = hasSystemd
  ? Number(
    /^systemd (\d+)/.exec(spawnSync("systemd-analyze", ["--version"]).stdout.toString())?.[1],
  )
  : 0;

/** How far a unit is open to attacks, from 0 to 10, as `systemd-analyze security` marks it. */
export function exposure(unit: string): number {
  const folder = temporaryFolder();
  try {
    const file = written(folder, "app.service", unit);
    const args = ["security", "--no-pager", "--offline=true", file];
    const { stdout } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
    return Number(/Overall exposure level for app\.service: ([0-9.]+)/.exec(stdout)?.[1]);
  } finally {
    removeFolder(folder);
  }
}

const checks: Record<ConfigTarget, (text: string, folder: string) => string> = {
  nginx: (text, folder) => {
    mkdirSync(join(folder, "logs"));
    // The one place that a checkout may not write to.
    const file = written(folder, "nginx.conf", text.replaceAll("/var/log/nginx/", `${folder}/`));
    const globals = `pid ${folder}/pid;`;
    return complaint(requireTool("nginx"), ["-t", "-q", "-p", folder, "-c", file, "-g", globals]);
  },
  lighttpd: (text, folder) => {
    return complaint(requireTool("lighttpd"), ["-tt", "-f", written(folder, "a.conf", text)]);
  },
  apache: (text, folder) => {
    const site = written(folder, "site.conf", text);
    const named = /a2enmod ([a-z_ ]+) &&/.exec(text)?.[1]?.split(" ") ?? [];
    const load = [...DEBIAN_APACHE_MODULES, ...named]
      .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`);
    const main = `${load.join("")}
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
ServerName localhost
ErrorLog ${folder}/error.log
LogFormat "%h" combined
Listen 127.0.0.1:8080
Include ${site}
`;
    const args = ["-t", "-f", written(folder, "apache2.conf", main)];
    const env = { ...process.env, APACHE_LOG_DIR: folder, APACHE_RUN_DIR: folder };
    return complaint(requireTool("apache"), args, env).replace(/^Syntax OK\n$/, "");
  },
  cherokee: (text) => {
    // Not packaged: no more than the form of its lines.
    const line = /^(?:|#.*|[a-z0-9_]+(?:![^\s!=]+)* = \S.*)$/;
    return text.split("\n").filter((each) => !line.test(each)).join("\n");
  },
  systemd: (text, folder) => {
    const units = Object.entries(unitsOf(forThisSystemd(text)));
    const files = units.map(([name, unit]) => written(folder, name, unit));
    return complaint("systemd-analyze", ["verify", ...files]);
  },
};

/** The text with what its comment says for a systemd before 253, where this one is that old. */
export function forThisSystemd(text: string): string {
  if (systemdVersion >= 253) return text;
  return text.replace(
    "\nType=notify-reload\n# Type=notify\n# ExecReload=",
    "\nType=notify\nExecReload=",
  );
}

/** The units that a printed text holds, by their names. */
export function unitsOf(text: string): Record<string, string> {
  const parts = text.split(/^# == (?:.*\/)?(.+)\n/m).slice(1);
  return Object.fromEntries(
    parts.flatMap((part, at) => at % 2 === 0 ? [[part, parts[at + 1]!]] : []),
  );
}

function written(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function complaint(program: string, args: string[], env = process.env): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env });
  if (error) throw error;
  const said = stdout + stderr;
  return status === 0 ? said : said || `It ended with status ${status}`;
}
