/**
 * The protocol without sockets: SCGI bytes to variables to a `Request`, and a `Response` to bytes.
 *
 * @module
 */

import "./runtime/own.ts";

export { ScgiError, type ScgiErrorCode, type ScgiErrorInit } from "./errors.ts";
export { Decoder, type DecoderOptions, MAX_HEADER_BYTES, MAX_HEADERS } from "./scgi/decoder.ts";
export type { Head } from "./scgi/head.ts";
export { encodeHead } from "./scgi/encoder.ts";
export { readVariables, type Variables } from "./cgi/variables.ts";
export { toEnv } from "./cgi/env.ts";
export { type RequestBody, type RequestParts, toRequest } from "./cgi/request.ts";
export type { UrlSource } from "./cgi/url.ts";
export type { Limits, Mapping, ServeOptions } from "./server/options.ts";
export { encodeReplyHead, type ReplyHead, type ReplyInfo } from "./cgi/response.ts";
export { handle, type HandleOptions } from "./server/handle.ts";
export type { App, FetchHandler, HandlerContext } from "./server/handler.ts";
