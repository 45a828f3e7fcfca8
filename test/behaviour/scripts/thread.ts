/** Does what umask.ts does, in a worker thread. */

import process from "node:process";
import { Worker } from "node:worker_threads";

const extension = import.meta.url.slice(-3);
new Worker(new URL(`./umask${extension}`, import.meta.url), { argv: [process.argv[2]!] });
