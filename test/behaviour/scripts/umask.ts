/** Serves at the path that is its argument, and tells the mode of that, and the umask after it. */

import { lstatSync, mkdirSync, rmdirSync } from "node:fs";
import process from "node:process";
import { type ScgiError, serve } from "scgi";

const octal = (mode: number) => `0${(mode & 0o777).toString(8)}`;

const path = process.argv.at(-1)!;
const server = serve(() => new Response(), { unix: path });
try {
  await server.ready;
  mkdirSync(`${path}.folder`);
  const umask = ~lstatSync(`${path}.folder`).mode;
  rmdirSync(`${path}.folder`);
  console.log(octal(lstatSync(path).mode), octal(umask));
  await server.shutdown();
} catch (error) {
  console.log((error as ScgiError).code);
}
