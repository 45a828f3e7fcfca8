/** The TypeScript of the documents, in a folder of its own where the package is known by its name. */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import published from "../../../deno.json" with { type: "json" };
import { fetch } from "../../../src/client.ts";
import { serve } from "../../../src/mod.ts";
import { answers, freePort, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import type { Runtime } from "../../support/server.ts";
import { type Block, root } from "./blocks.ts";

/** What runs TypeScript as it is. */
export const RUNTIMES = ["bun", "deno"] as const satisfies readonly Runtime[];

/** What a block of a document may take for granted. */
const APP = 'import { Hono } from "hono"; const app = new Hono();';

/** A block as a file. */
export interface Script {
  path: string;
  text: string;
  /** What stands for port 4000. */
  port: number;
}

/** A folder for scripts. */
export class Scripts {
  readonly folder: string = temporaryFolder();

  constructor() {
    mkdirSync(join(this.folder, "app"));
    const paths = Object.entries(published.exports).map(([name, file]) => {
      return [name.replace(/^\./, "scgi"), join(root, file)] as const;
    });
    this.write("tsconfig.json", {
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        // A block stops where its point is made.
        noUnusedLocals: false,
        noUnusedParameters: false,
        paths: Object.fromEntries(paths.map(([name, file]) => [name, [file]])),
      },
      include: ["*.ts"],
      exclude: [],
    });
    const { imports, nodeModulesDir, unstable } = published;
    const files = paths.map(([name, file]) => [name, `file://${file}`]);
    this.write("deno.json", {
      imports: { ...imports, ...Object.fromEntries(files) },
      nodeModulesDir,
      unstable,
    });
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Writes a block; what the compiler says of a line is said of that line of the document. */
  async add(block: Block, runtime: Runtime): Promise<Script> {
    const port = await freePort();
    const taken = /\bapp\b/.test(block.text) &&
      !/\b(?:const|function|class) app\b/.test(block.text);
    const text = (taken ? APP : "export {};") + "\n".repeat(block.line - 1) +
      block.text.replaceAll("/run/", `${this.folder}/`).replace(/\b4000\b/g, String(port));
    const name = `${block.file.replaceAll("/", "-")}-${block.line}-${runtime}.ts`;
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return { path, text, port };
  }

  /** What the compiler has to say about all of them. */
  async complaints(): Promise<string> {
    const tsc = new Child(process.execPath, [join(root, "node_modules/typescript/bin/tsc")], {
      cwd: this.folder,
    });
    await tsc.exited;
    return tsc.stdout + tsc.stderr;
  }

  private write(name: string, value: unknown): void {
    writeFileSync(join(this.folder, name), JSON.stringify(value));
  }
}

function start(runtime: Runtime, { path, port }: Script, permissions: string[]): Child {
  const granted = permissions.map((flag) => flag.replace(/\b4000\b/g, String(port)));
  const words = runtime === "deno" ? ["run", "--no-prompt", ...granted] : [];
  const program = join(root, "node_modules/.bin", runtime);
  return new Child(program, [...words, path], { cwd: join(path, "..") });
}

/** Runs a script to its end, or until its server has answered; gives what it has printed. */
export async function run(
  runtime: Runtime,
  script: Script,
  permissions = ["-A"],
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const [, unix] = /\bto: "unix:([^"]+)"/.exec(script.text) ?? [];
  if (unix !== undefined) {
    const server = stack.use(serve(() => new Response("Hello"), { unix }));
    await server.ready;
  }
  const child = start(runtime, script, permissions);
  const stays = /\bserve\(/.test(script.text) && !script.text.includes(".shutdown(");
  if (stays) {
    await child.until(() => answers(script.port), "it listened");
    const reply = await fetch("http://localhost/", { to: script.port });
    await child.stop();
    if (reply.status !== 200) throw new Error(`It answered with ${reply.status}`);
  } else if (await child.exited !== 0) throw new Error(child.stderr);
  if (child.stderr !== "") throw new Error(child.stderr);
  return child.stdout;
}

/** What a block says that it prints: the comments behind what prints. `…` stands for anything. */
export function printed(text: string): RegExp {
  const said = [...text.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map(([, what]) => what!);
  const pattern = plain(said.join("\n")).split("…").map(RegExp.escape).join("[^]*");
  return new RegExp(`^${pattern}$`);
}

/** The runtimes print an object each in its own way. */
export function plain(text: string): string {
  return text.replace(/\s+/g, "").replace(/,\}/g, "}");
}
