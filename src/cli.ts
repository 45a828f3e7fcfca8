#!/usr/bin/env -S bun
/**
 * The `scgi` command.
 *
 * @module
 */

import process from "node:process";
import { configCommand, USAGE as CONFIG_USAGE } from "./cli/config.ts";
import { CommandError, exitWith, HINT } from "./cli/error.ts";
import { fetchCommand, USAGE as FETCH_USAGE } from "./cli/fetch.ts";
import { gatewayCommand, USAGE as GATEWAY_USAGE } from "./cli/gateway.ts";
import { runCommand, USAGE as RUN_USAGE } from "./cli/run.ts";
import { serveCommand, USAGE as SERVE_USAGE } from "./cli/serve.ts";

const USAGE = `scgi serves web-standard fetch handlers over SCGI.

${SERVE_USAGE}
${RUN_USAGE}
${FETCH_USAGE}
${GATEWAY_USAGE}
${CONFIG_USAGE}
  scgi --help       this text
  scgi --version    the version
`;

async function main([command, ...rest]: string[]): Promise<void> {
  switch (command) {
    case "serve":
      return await serveCommand(rest);
    case "run":
      return await runCommand(rest);
    case "fetch":
      return await fetchCommand(rest);
    case "gateway":
      return await gatewayCommand(rest);
    case "config":
      return configCommand(rest);
    case "--version":
    case "-v": {
      const { default: about } = await import("../deno.json", { with: { type: "json" } });
      return console.log(about.version);
    }
    case "--help":
    case "-h":
    case "help":
      return console.log(USAGE);
    case undefined:
      throw new CommandError(`No command is given. ${HINT}`);
    default:
      throw new CommandError(`There is no command ${JSON.stringify(command)}. ${HINT}`);
  }
}

main(process.argv.slice(2)).catch(exitWith);
