/** Empty projects of users, with the packed package installed. */

import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../support/address.ts";
import { bun, npm, output, root } from "./programs.ts";

/** What installs the package. */
const INSTALLERS = {
  npm: [npm, "install", "--offline", "--no-audit", "--no-fund"],
  bun: [bun, "add"],
} as const;
export type Installer = keyof typeof INSTALLERS;

/** A folder with the package in it, and Hono where it is asked for. */
export class Project {
  readonly folder: string = temporaryFolder();
  /** Where the package is. */
  readonly installed: string = join(this.folder, "node_modules/scgi");

  constructor(tarball: string, installer: Installer, { hono }: { hono: boolean }) {
    this.write("package.json", JSON.stringify({ type: "module", private: true }));
    output(this.folder, [...INSTALLERS[installer], tarball]);
    if (hono) {
      symlinkSync(join(root, "node_modules/hono"), join(this.folder, "node_modules/hono"));
    }
  }

  /** Writes a file of the project. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }
}

/** The tarball of this checkout, and where it is installed. */
export class Packed {
  readonly tarball: string;
  readonly bare: Readonly<Record<Installer, Project>>;
  readonly withHono: Readonly<Record<Installer, Project>>;

  constructor() {
    const folder = temporaryFolder();
    output(root, [npm, "pack", "--silent", "--pack-destination", folder]);
    this.tarball = join(folder, readdirSync(folder)[0]!);
    this.bare = this.#install({ hono: false });
    this.withHono = this.#install({ hono: true });
  }

  #install(options: { hono: boolean }): Record<Installer, Project> {
    return {
      npm: new Project(this.tarball, "npm", options),
      bun: new Project(this.tarball, "bun", options),
    };
  }
}
