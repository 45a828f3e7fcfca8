/**
 * Responses of Deno, whose texts are marked as used in their state: a read costs ten times as much.
 *
 * @module
 */

import type { ConstructResponse } from "./recording.ts";

/** The state of a Response of a text whose stream was not looked at. */
interface State {
  readonly body?: { readonly streamOrStatic?: { consumed?: unknown } | null } | null;
}

/** Makes responses as a constructor does. */
export function markedResponses(native: typeof Response): ConstructResponse {
  let key: symbol | undefined;
  let sought = false;
  const use = (response: Response): true | undefined => {
    if (!sought) {
      sought = true;
      key = findKey(new native("text"));
    }
    if (key === undefined) return undefined;
    const content = textOf(response, key);
    if (content?.consumed !== false) return undefined;
    return content.consumed = true;
  };
  const construct = (body?: BodyInit | null, init?: ResponseInit): Response =>
    new native(body, init);
  return Object.assign(construct, { use });
}

function textOf(response: Response, key: symbol) {
  const { [key]: state } = response as unknown as Record<symbol, State | null | undefined>;
  return state?.body?.streamOrStatic;
}

/** The key of the state; undefined where a mark in it does not use the text. */
function findKey(sample: Response): symbol | undefined {
  // The headers are read before each Response is sent; that completes the state.
  void sample.headers;
  const key = Object.getOwnPropertySymbols(sample).find((key) =>
    textOf(sample, key)?.consumed === false
  );
  if (key === undefined) return undefined;
  textOf(sample, key)!.consumed = true;
  return sample.bodyUsed ? key : undefined;
}
