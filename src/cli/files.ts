/**
 * Files and the standard streams as the source and the sink of a transfer.
 *
 * @module
 */

import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import process from "node:process";
import { CommandError } from "./error.ts";
import { print } from "./print.ts";

const CHUNK_BYTES = 65536;

/** The bytes to send. */
export interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  /** In bytes; undefined where it is not known in advance. */
  readonly length: number | undefined;
}

/** Takes the bytes that are received. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file to be sent, or standard input for `-`. */
export async function openSource(path: string): Promise<Source> {
  if (path === "-") return { stream: standardInput(), length: undefined };
  const [file, stats] = await opened(path);
  // The size of a pipe or a device is not its length; that of a file in /proc is 0.
  const length = stats.isFile() && stats.size > 0 ? stats.size : undefined;
  return { stream: contents(path, file), length };
}

/** Opens a file to be written, or standard output for `-`. */
export async function openSink(path = "-"): Promise<Sink> {
  if (path === "-") {
    return { write: print, close: () => Promise.resolve() };
  }
  const failed = (error: unknown): never => notWritten(path, error);
  const file = await open(path, "w").catch(failed);
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length;) {
        at += (await file.write(bytes, at, bytes.length - at).catch(failed)).bytesWritten;
      }
    },
    close: () => file.close(),
  };
}

function notWritten(path: string, error: unknown): never {
  throw new CommandError(`${path} cannot be written: ${(error as Error).message}`, 1);
}

async function opened(path: string): Promise<[FileHandle, Stats]> {
  try {
    const file = await open(path, constants.O_RDONLY);
    const stats = await file.stat();
    if (stats.isDirectory()) throw new Error("it is a folder");
    return [file, stats];
  } catch (error) {
    return notRead(path, error);
  }
}

function notRead(path: string, error: unknown): never {
  throw new CommandError(`${path} cannot be read: ${(error as Error).message}`, 1);
}

function contents(path: string, file: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES)
        .catch((error) => notRead(path, error));
      if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
      await file.close();
      controller.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}

function standardInput(): ReadableStream<Uint8Array> {
  const chunks = process.stdin[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
        .catch((error: unknown) => notRead("Standard input", error));
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}
