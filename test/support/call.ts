/** An app called through `handle`, with the reply taken apart. */

import { recordResponses } from "../../src/runtime/fetch/recording.ts";
import type { App } from "../../src/server/handler.ts";
import { handle, type HandleOptions } from "../../src/protocol.ts";
import { bytes, frame, text } from "./wire.ts";

/** A reply as a web server gets it. */
export interface Reply {
  /** What follows `Status: `; empty where nothing came at all. */
  status: string;
  /** The other lines of the head. */
  headers: string[];
  /** The body, one code unit a byte. */
  body: string;
  /** What `onError` was called with. */
  errors: { error: unknown; request: Request | undefined }[];
}

/** What is called, beside the app. */
export interface Call extends HandleOptions {
  /** `GET` unless set. */
  method?: string;
  /** `/` unless set. */
  uri?: string;
  /** Variables beside these. */
  variables?: Record<string, string>;
  /** The request's body, one code unit a byte. */
  body?: string;
  /** The whole request instead, one code unit a byte. */
  wire?: string;
}

/** Takes a reply apart. */
export function parseReply(reply: string): Omit<Reply, "errors"> {
  if (reply === "") return { status: "", headers: [], body: "" };
  const end = reply.indexOf("\r\n\r\n");
  if (!reply.startsWith("Status: ") || end < 0) throw new Error(`No reply: ${reply.slice(0, 200)}`);
  const [status = "", ...headers] = reply.slice(8, end).split("\r\n");
  return { status, headers, body: reply.slice(end + 4) };
}

/** The bytes of a request. */
export function requestOf({ method = "GET", uri = "/", variables, body = "" }: Call): string {
  const given = { HTTP_HOST: "h", REQUEST_METHOD: method, REQUEST_URI: uri, ...variables };
  const pairs = ["CONTENT_LENGTH", String(body.length), "SCGI", "1"];
  return frame([...pairs, ...Object.entries(given).flat()], body);
}

/** Calls an app as a server does that records responses. */
export async function call(app: App, options: Call = {}): Promise<Reply> {
  const stop = recordResponses();
  try {
    return await callUnrecorded(app, options);
  } finally {
    stop();
  }
}

/** Calls an app as a server does with `recordResponses: false`. */
export async function callUnrecorded(app: App, options: Call = {}): Promise<Reply> {
  const errors: Reply["errors"] = [];
  const onError = (error: unknown, request: Request | undefined) => {
    errors.push({ error, request });
    return options.onError?.(error, request);
  };
  const reply = await handle(app, bytes(options.wire ?? requestOf(options)), {
    ...options,
    onError,
  });
  return { ...parseReply(text(reply)), errors };
}
