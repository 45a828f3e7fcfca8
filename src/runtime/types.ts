/**
 * The parts of the APIs of Bun, Deno and Node that are used and that no other declaration covers:
 * the package needs no runtime's types, and their types are not in the package of another.
 *
 * @module
 */

/** The `Bun` object. */
export interface BunApi {
  /** `Bun.serve`; `scgi run` replaces it. */
  serve: BunServe;
  readonly isMainThread: boolean;
  listen(options: object): BunListener;
  connect(options: object): Promise<unknown>;
  inspect(value: unknown, options: { colors: boolean }): string;
  readonly CookieMap: new (cookies: string | Record<string, string>) => BunCookieMap;
  readonly hash: { xxHash64(data: string | Uint8Array): bigint };
  /** Gives the value of a promise that is fulfilled, the reason of one that is rejected, or itself. */
  readonly peek: {
    <Value>(promise: Promise<Value>): Value | Promise<Value>;
    status(promise: Promise<unknown>): "pending" | "fulfilled" | "rejected";
  };
}

/** Starts an HTTP server of Bun. */
export type BunServe = (options: object) => { stop(force: boolean): unknown; unref(): void };

/** A listening socket of Bun. */
export interface BunListener {
  readonly fd: number;
  readonly port: number;
  stop(): void;
  ref(): void;
  unref(): void;
}

/** A connected socket of Bun, with data of ours. */
export interface BunSocket<Data> {
  data: Data;
  readonly remoteAddress: string | undefined;
  write(bytes: Uint8Array | string): number;
  pause(): void;
  resume(): void;
  shutdown(): void;
  end(): void;
  terminate(): void;
}

/** A file of Bun. */
export interface BunFile extends Blob {
  /** Undefined for a Blob that is no file. */
  stat(): Promise<{ size: number; isFile(): boolean; isDirectory(): boolean }> | undefined;
}

/** The cookies of a request, which a handler can change. */
export interface BunCookieMap extends Iterable<[name: string, value: string]> {
  toSetCookieHeaders(): string[];
}

/** Opens libraries for calls. */
export interface Ffi {
  dlopen(file: string, symbols: object): { symbols: unknown };
}

/** The module `bun:ffi`. */
export interface BunFfi extends Ffi {
  ptr(bytes: Uint8Array): number;
  readonly read: {
    i32(pointer: unknown, offset: number): number;
    ptr(pointer: unknown, offset: number): number;
    u8(pointer: unknown, offset: number): number;
  };
}

/** The module `bun:jsc`. */
export interface BunJsc {
  /** Describes a value, beginning with the address of an object. */
  describe(value: unknown): string;
  /** The bytes that an object itself takes. */
  estimateShallowMemoryUsageOf(value: object): number;
}

/** `Deno.upgradeWebSocket`. */
export type DenoUpgradeWebSocket = (
  request: Request,
  options?: { protocol?: string; idleTimeout?: number },
) => { socket: WebSocket; response: Response };

/** The `Deno` object. */
export interface DenoApi extends CommonFileSystem, Ffi {
  /** `Deno.serve`; `scgi run` replaces it. */
  serve: unknown;
  /** `Deno.upgradeWebSocket`; `scgi run` replaces it. */
  upgradeWebSocket: DenoUpgradeWebSocket;
  readonly mainModule: string;
  readonly args: string[];
  readonly build: { readonly os: string };
  readonly version: { readonly deno: string };
  readonly env: { get(name: string): string | undefined; delete(name: string): void };
  readonly stdout: DenoStream;
  readonly stderr: DenoStream;
  readonly permissions: Record<
    "querySync" | "requestSync",
    (permission: DenoPermission) => { readonly state: string }
  >;
  readonly Command: new (program: string, options: object) => { spawn(): DenoChild };
  readonly UnsafePointer: { of(bytes: Uint8Array): unknown; value(pointer: unknown): bigint };
  readonly UnsafePointerView: new (pointer: unknown) => { getInt32(): number };
  cwd(): string;
  memoryUsage(): { readonly rss: number; readonly heapUsed: number };
  umask(mask: number): number;
  addSignalListener(signal: NodeJS.Signals, action: () => void): void;
  removeSignalListener(signal: NodeJS.Signals, action: () => void): void;
  listen(options: object): DenoListener;
  connect(options: object): Promise<DenoSocket>;
  inspect(value: unknown, options: { colors: boolean }): string;
  readTextFileSync(path: string): string;
  readLinkSync(path: string): string;
  readDirSync(path: string): Iterable<{ readonly name: string }>;
  removeSync(path: string): void;
  openSync(path: string, options: object): DenoFile;
}

/** A file that Deno has opened. */
export interface DenoFile {
  statSync(): FileStatus;
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
  close(): void;
}

/** A standard stream of Deno. */
export interface DenoStream {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/** A permission of Deno. */
export type DenoPermission =
  | { name: "env"; variable: string }
  | { name: "read" | "write"; path: string }
  | { name: "net"; host: string }
  | { name: "ffi" | "sys" };

/** A child process of Deno. */
export interface DenoChild {
  readonly status: Promise<{ readonly code: number; readonly signal: string | null }>;
  kill(signal: string): void;
}

/** A listening socket of Deno. */
export interface DenoListener {
  readonly addr: { readonly port?: number };
  accept(): Promise<DenoSocket>;
  close(): void;
  ref(): void;
  unref(): void;
}

/** A connected socket of Deno. */
export interface DenoSocket {
  readonly remoteAddr: { readonly hostname?: string };
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
}

/** The calls that `Deno` and `node:fs` have under the same names. */
export interface CommonFileSystem {
  statSync(path: string): FileStatus;
  lstatSync(path: string): FileStatus;
  chmodSync(path: string, mode: number): void;
  linkSync(from: string, to: string): void;
  renameSync(from: string, to: string): void;
}

/** The status of a file. */
export interface FileStatus {
  readonly mode: number | null;
  readonly uid: number | null;
  readonly ino: number | null;
  readonly mtime: Date | null;
  /** A method on Node. */
  readonly isFile: unknown;
  /** Whether it is a pipe; only on Deno. */
  readonly isFifo?: boolean | null;
}

/** The part of `node:net` that is not public. */
export interface NodeNet {
  /** Returns the number of an error where it fails; `getsockname` fails for a port in use. */
  _createServerHandle(address: string, port: number, type: number): NodeHandle | number;
}

/** The handle of a server of `node:net`. */
export interface NodeHandle {
  readonly fd: number;
  /** Sets the port of `name`. Returns the number of an error, or 0. */
  getsockname?(name: { port?: number }): number;
  close(): void;
}

/** The handle of a connected socket of `node:net`. */
export interface NodeSocketHandle {
  /** Has the next bytes read into an array. */
  useUserBuffer?(memory: Uint8Array): void;
}

/** The part of a standard stream of Node that is not public. */
export interface NodeStream {
  readonly _handle?: { setBlocking?(blocking: boolean): void };
}

/** The part of `node:worker_threads` that Node 20 does not have. */
export interface NodeThreads {
  /** Keeps Node 22 from cloning a Request with `structuredClone`. */
  readonly markAsUncloneable?: (object: object) => void;
}
