/**
 * The Blob that the body of a Response is, on Bun, which tells the kind of a body only where it prints
 * the Response.
 *
 * @module
 */

import { bun } from "../known.ts";
import { cancel } from "./cancel.ts";
import { isOfKind } from "./kinds.ts";

/**
 * Takes the Blob that a body is, which marks the body as used. The Blob is as the runtime's own server
 * sees it: a Response whose body the app has looked at has lost the type of its Blob. Undefined on the
 * runtimes whose servers send a Blob as any stream.
 */
export function takeBlob(response: Response): Promise<Blob> | undefined {
  return bun === undefined ? undefined : Response.prototype.blob.call(response);
}

/**
 * The file that the body of a Response is; undefined for any other body. The body stays unused.
 */
export function fileOf(response: Response): Promise<Blob> | undefined {
  if (bun === undefined || response.bodyUsed) return undefined;
  if (!holds(response, /^ {2}FileRef \(/m)) return undefined;
  // A clone of such a Response shares the file, and reads nothing.
  return Response.prototype.blob.call(Response.prototype.clone.call(response));
}

/**
 * The Blob that the stream in a Response is of; undefined for any other stream. The body stays unused.
 *
 * Bun's own server sends as a Blob the stream of a file, of a Blob or of a text, and what `fetch()` has
 * got as a whole. Any other native stream is split by the attempt, and one of its halves is cancelled.
 */
export function blobOfStream(response: Response): Promise<Blob> | undefined {
  const { body } = response;
  if (body === null || body.locked || response.bodyUsed || !isOfKind("native", body)) {
    return undefined;
  }
  // A clone of such a Response makes both of them Responses of the Blob.
  const clone: Response = Response.prototype.clone.call(response);
  if (holds(response, /^ {2}(?:FileRef|Blob) \(/m)) return Response.prototype.blob.call(clone);
  void cancel(clone.body!);
  return undefined;
}

/** Whether a Response is printed with a body of this form. */
function holds(response: Response, form: RegExp): boolean {
  try {
    return form.test(bun!.inspect(response, { colors: false }));
  } catch {
    // A class of the app may throw where it is printed.
    return false;
  }
}
