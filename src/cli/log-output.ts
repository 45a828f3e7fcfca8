/**
 * The output of the access log: a standard stream, or a file that can be opened again after it was
 * renamed.
 *
 * @module
 */

import { complain } from "../report/diagnostics.ts";
import { type AppendedFile, openAppended } from "../runtime/system/append-file.ts";
import { fileSystem, isSame } from "../runtime/system/file-system.ts";
import { codeOf } from "../runtime/system/standard-streams.ts";
import { absolutePath } from "./absolute-path.ts";
import { readLogFormat } from "../server/log-format.ts";
import { CommandError } from "./error.ts";
import { type ParsedFlags, STANDARD_STREAM } from "./flags.ts";
import type { LineQueue } from "./line-queue.ts";
import { queue, sayTogether } from "./output.ts";

/** Takes the lines of the access log. Its functions work taken off the object. */
export interface LogOutput {
  /** Writes a line, which has no line end. Never throws and never waits. */
  readonly write: (line: string) => void;
  /** Opens the file again, under the same name; undefined for a standard stream. */
  readonly reopen: (() => void) | undefined;
}

const MODULE = /\.[cm]?[jt]sx?$/;

/** Reasons for errors of open(2), and what to do. */
const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: "this user may not write it. Change its mode, or that of its folder",
  EISDIR: "it is a folder. Name a file in it",
  ENOENT: "its folder does not exist. Make it first",
  ENOTDIR: "its folder is a file",
  ENXIO: "it is a socket",
  EROFS: "its file system is read-only",
};

/**
 * Opens the output that `--log` names.
 *
 * @param stream The stream of `--log` without a file.
 * @param module The file that is served, which is never written to.
 * @throws {CommandError} where the file cannot be opened, or is a module.
 */
export function openLog(
  { values }: ParsedFlags,
  stream: "stdout" | "stderr",
  module: string,
): LogOutput | undefined {
  const { log: file, "log-format": format } = values as Record<string, string | undefined>;
  // Before the app is loaded.
  readLogFormat(format);
  if (file === undefined) {
    if (format === undefined) return undefined;
    throw new CommandError("--log-format needs --log. Add it, or leave this flag out");
  }
  if (file === "") throw new CommandError("--log= names no file. Name one, or give --log alone");
  if (file === STANDARD_STREAM) {
    return { write: (line) => sayTogether(stream, line), reopen: undefined };
  }
  if (MODULE.test(file) || isSame(fileSystem.stat(module), fileSystem.stat(file))) {
    throw new CommandError(
      `--log=${file} would write into a module. Name a file for the log, such as --log=access.log`,
    );
  }
  const log = new LogFile(file);
  return { write: (line) => log.write(line), reopen: () => log.reopen() };
}

/** A file that takes the lines. */
class LogFile {
  readonly #file: string;
  /** The app may change the working directory. */
  readonly #path: string;
  readonly #lines: LineQueue;
  #open: AppendedFile;
  /** The file that was opened again, while a write of the former one is under way. */
  #next: AppendedFile | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#path = absolutePath(file);
    try {
      this.#open = openAppended(this.#path);
    } catch (error) {
      throw new CommandError(`--log=${file} cannot be opened: ${meaning(error)}`, 1);
    }
    this.#lines = queue(`the log ${file}`, this.#open.write, this.#open.atomic);
  }

  write(line: string): void {
    this.#lines.push(`${line}\n`, true);
  }

  reopen(): void {
    let next: AppendedFile;
    try {
      next = openAppended(this.#path);
    } catch (error) {
      complain(
        `the log ${this.#file} cannot be opened again: ${meaning(error)}. It goes on as it is`,
      );
      return;
    }
    this.#next?.close();
    this.#next = next;
    this.#lines.replace(() => {
      this.#open.close();
      this.#next = undefined;
      this.#open = next;
      return next.write;
    });
  }
}

function meaning(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? (error as Error).message : MEANINGS[code] ?? code;
}
