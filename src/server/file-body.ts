/**
 * Reads the body of a Response that is a file: as bytes where it is short, else as a stream.
 *
 * @module
 */

import { type FileReply, toFileReply } from "../cgi/file-reply.ts";
import { ScgiError } from "../errors.ts";
import type { FilePart } from "../runtime/fetch/bun-file.ts";
import type { ResponseInfo } from "./response-head.ts";

/** A longer file is read as a stream, whose chunks are about as long. */
const WHOLE_BYTES = 262_144;

/** A head, and the file or the part of it that is its body. */
export interface FileBody extends Pick<FileReply, "head" | "type"> {
  readonly length: number;
  readonly content: Uint8Array | ReadableStream<Uint8Array>;
}

/**
 * Reads the file that is sent for a Response.
 *
 * @param file The part of the file that the body of the Response is.
 * @param type The type of the body.
 * @param typed Whether the app has set a type.
 * @throws what the read throws where the file cannot be read.
 * @throws {ScgiError} `RESPONSE_LENGTH` where the file has become shorter meanwhile.
 */
export async function readFile(
  response: Response,
  file: FilePart,
  type: string,
  typed: boolean,
  info: ResponseInfo,
): Promise<FileBody> {
  const variables = info.method === "GET" ? info.variables : undefined;
  const reply = toFileReply(response, file, type, typed, variables);
  const { head, start, end } = reply;
  const length = end - start;
  const part = file.slice(start, end);
  if (length <= WHOLE_BYTES) {
    const content = new Uint8Array(await part.arrayBuffer());
    if (content.length === length) return { head, type: reply.type, length, content };
    throw new ScgiError(
      "RESPONSE_LENGTH",
      `The file had ${content.length} bytes where it had ${length} a moment before`,
      { status: 500 },
    );
  }
  // A file that cannot be read fails before its head has left.
  await part.slice(0, 1).arrayBuffer();
  return { head, type: reply.type, length, content: part.stream() };
}
