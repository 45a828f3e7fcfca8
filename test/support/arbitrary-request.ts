/** Requests as fast-check makes them: valid ones, broken ones, and ways to cut them. */

import fc from "fast-check";
import { frame } from "./wire.ts";

/** A request that the specification allows, as it was meant and as it goes over the wire. */
export interface ValidRequest {
  /** Names and values in turn, CONTENT_LENGTH and SCGI included. */
  pairs: string[];
  body: string;
  wire: string;
}

const byte = (from: number) =>
  fc.integer({ min: from, max: 255 }).map((code) => String.fromCharCode(code));

/** Any bytes, one code unit each. */
export const anyText = (maxLength: number) => fc.string({ unit: byte(0), maxLength });

const value = fc.string({ unit: byte(1), maxLength: 40 });
const name = fc.oneof(
  fc.constantFrom("REQUEST_METHOD", "REQUEST_URI", "HTTP_COOKIE", "HTTP_HOST", "__proto__"),
  fc.string({ unit: byte(1), minLength: 1, maxLength: 20 })
    .filter((text) => text !== "CONTENT_LENGTH" && text !== "SCGI"),
);
const others = fc.array(fc.tuple(name, value), { maxLength: 12 });

/** Any valid request. SCGI is anywhere among the variables, and repeats occur. */
export const validRequest: fc.Arbitrary<ValidRequest> = fc.record({
  before: others,
  after: others,
  body: anyText(60),
}).map(({ before, after, body }) => {
  const pairs = [
    "CONTENT_LENGTH",
    String(body.length),
    ...before.flat(),
    "SCGI",
    "1",
    ...after.flat(),
  ];
  return { pairs, body, wire: frame(pairs, body) };
});

/** Places at which a text is cut. */
export const places = fc.array(fc.nat(), { maxLength: 12 });

const telling = fc.constantFrom("\0", ":", ",", "0", "1", "9", " ", "+", "\0\0", "SCGI\x001\0");
const patch = fc.record({
  at: fc.nat(),
  remove: fc.integer({ min: 0, max: 3 }),
  insert: fc.oneof(telling, anyText(3)),
});

/** A valid request after a few edits anywhere, most of them near its beginning. */
export const mutatedRequest: fc.Arbitrary<string> = fc.tuple(
  validRequest,
  fc.array(patch, { minLength: 1, maxLength: 3 }),
  fc.boolean(),
).map(([{ wire }, patches, early]) =>
  patches.reduce((text, { at, remove, insert }) => {
    const place = at % (early ? Math.min(40, text.length + 1) : text.length + 1);
    return text.slice(0, place) + insert + text.slice(place + remove);
  }, wire)
);

/** The same variables in a netstring of the right length, some of them wrong. */
export const oddVariables: fc.Arbitrary<string> = fc.array(
  fc.constantFrom("CONTENT_LENGTH", "SCGI", "0", "1", "05", "12", "", "A", "9".repeat(17)),
  { maxLength: 10 },
).map((parts) => frame(["CONTENT_LENGTH", "0", ...parts], "body"));
