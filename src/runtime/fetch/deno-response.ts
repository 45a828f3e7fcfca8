/**
 * Responses of Deno, whose texts are marked as used in their state: a read costs ten times as much.
 *
 * @module
 */

import type { ConstructResponse } from "./recording.ts";
import { findKey, findLater, stateOf } from "./state.ts";

/** The part of the state of a Response that has its text, where its stream was not looked at. */
interface Inner {
  readonly body?: { readonly streamOrStatic?: { consumed?: unknown } | null } | null;
}

/** Makes responses as a constructor does. */
export function markedResponses(native: typeof Response): ConstructResponse {
  const textKey = findLater(() => findTextKey(new native("text")));
  const use = (response: Response): true | undefined => {
    const key = textKey();
    if (key === undefined) return undefined;
    const content = textOf(stateOf(response)[key]);
    if (content?.consumed !== false) return undefined;
    return content.consumed = true;
  };
  const construct = (body?: BodyInit | null, init?: ResponseInit): Response =>
    new native(body, init);
  return Object.assign(construct, { use });
}

function textOf(inner: unknown): { consumed?: unknown } | null | undefined {
  return (inner as Inner | null | undefined)?.body?.streamOrStatic;
}

/** The key of the state; undefined where a mark in it does not use the text. */
function findTextKey(sample: Response): symbol | undefined {
  // The headers are read before each Response is sent; that completes the state.
  void sample.headers;
  const key = findKey(sample, (part) => textOf(part)?.consumed === false);
  if (key === undefined) return undefined;
  textOf(stateOf(sample)[key])!.consumed = true;
  return sample.bodyUsed ? key : undefined;
}
