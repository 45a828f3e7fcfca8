/** Offers of permessage-deflate (RFC 7692, section 7.1). */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { contextIsPossible } from "../../src/websocket/deflate.ts";
import { type DeflateOptions, negotiateDeflate } from "../../src/websocket/deflate-negotiation.ts";
import { parseExtensions } from "../../src/websocket/extensions.ts";

/** The server's part where zlib cannot refer to earlier messages. */
const NO_SERVER = contextIsPossible() ? "" : "; server_no_context_takeover";
const BOTH: DeflateOptions = { serverContextTakeover: true, clientContextTakeover: true };

const field = (offers: string, options: DeflateOptions = BOTH) =>
  negotiateDeflate(offers, options)?.field;

describe("an offer is accepted", () => {
  const P = "permessage-deflate";
  const accepted: [string, DeflateOptions, string][] = [
    [P, BOTH, `${P}${NO_SERVER}`],
    [P, {}, `${P}; server_no_context_takeover; client_no_context_takeover`],
    [`${P}; client_max_window_bits`, BOTH, `${P}${NO_SERVER}`],
    [`${P}; server_no_context_takeover`, BOTH, `${P}; server_no_context_takeover`],
    [`${P}; client_no_context_takeover`, BOTH, `${P}${NO_SERVER}; client_no_context_takeover`],
    [`${P}; server_max_window_bits=10`, BOTH, `${P}${NO_SERVER}; server_max_window_bits=10`],
    [`${P}; server_max_window_bits=15`, BOTH, `${P}${NO_SERVER}; server_max_window_bits=15`],
    [`${P}; server_max_window_bits="12"`, BOTH, `${P}${NO_SERVER}; server_max_window_bits=12`],
    [
      `${P}; server_max_window_bits=12`,
      { ...BOTH, serverMaxWindowBits: 10 },
      `${P}${NO_SERVER}; server_max_window_bits=10`,
    ],
    [P, { ...BOTH, serverMaxWindowBits: 9 }, `${P}${NO_SERVER}; server_max_window_bits=9`],
    [`${P}; client_max_window_bits=8`, BOTH, `${P}${NO_SERVER}; client_max_window_bits=8`],
    [
      `${P}; client_max_window_bits`,
      { ...BOTH, clientMaxWindowBits: 11 },
      `${P}${NO_SERVER}; client_max_window_bits=11`,
    ],
    // The client must not be told of a parameter that it did not offer.
    [P, { ...BOTH, clientMaxWindowBits: 11 }, `${P}${NO_SERVER}`],
    [`x-other, ${P};client_no_context_takeover`, {}, field(P, {})!],
    [`${P}; server_max_window_bits=8, ${P}`, BOTH, `${P}${NO_SERVER}`],
    [`${P}; unknown, ${P}; server_max_window_bits=1, ${P}`, BOTH, `${P}${NO_SERVER}`],
  ];
  for (const [offer, options, answer] of accepted) {
    test(`${offer} with ${JSON.stringify(options)}`, () => {
      expect(field(offer, options)).toBe(answer);
    });
  }

  test("with the parameters of its answer", () => {
    const offer = "permessage-deflate; server_max_window_bits=10; client_max_window_bits=12; " +
      "client_no_context_takeover";
    expect(negotiateDeflate(offer, BOTH)!.parameters).toEqual({
      serverContextTakeover: contextIsPossible(),
      clientContextTakeover: false,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 12,
    });
  });
});

describe("declined is", () => {
  const declined = [
    "",
    "x-webkit-deflate-frame",
    "permessage-deflate; unknown",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_no_context_takeover=true",
    "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=8",
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=09",
    "permessage-deflate; client_max_window_bits=7",
    "permessage-deflate; client_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=x",
    "permessage-deflate; server_max_window_bits=10; server_max_window_bits=11",
    'permessage-deflate; client_max_window_bits="1 0"',
    "permessage-deflate;",
    "permessage-deflate client_max_window_bits",
    "permessage-deflate; client_max_window_bits=",
    "Permessage-Deflate",
  ];
  for (const offer of declined) {
    test(JSON.stringify(offer), () => expect(field(offer)).toBeUndefined());
  }

  test("a handshake without the field", () => {
    expect(negotiateDeflate(undefined)).toBeUndefined();
  });
});

test("any list of extensions is parsed as it was written", () => {
  const token = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,6}$/);
  const space = fc.constantFrom("", " ", "\t", "  ");
  const parameter = fc.tuple(token, fc.option(token, { nil: undefined }), fc.boolean(), space);
  const extension = fc.tuple(token, fc.array(parameter, { maxLength: 3 }));
  fc.assert(fc.property(fc.array(extension, { maxLength: 4 }), (list) => {
    const text = list.map(([name, parameters]) =>
      name + parameters.map(([key, value, quoted, space]) =>
        `${space};${space}${key}` +
        (value === undefined ? "" : quoted ? `="${value}"` : `=${value}`)
      ).join("")
    ).join(" , ");
    expect(parseExtensions(text)).toEqual(
      list.map(([name, parameters]) => ({
        name,
        parameters: parameters.map(([key, value]) => [key, value] as [string, string | undefined]),
      })),
    );
  }));
});

test("any text is parsed or declined, soon", () => {
  const units = [...'ab;=," \t\\', "permessage-deflate", "client_max_window_bits", "15"];
  const text = fc.array(fc.constantFrom(...units), { maxLength: 40 }).map((all) => all.join(""));
  fc.assert(
    fc.property(text, (offers) => {
      const { parameters } = negotiateDeflate(offers, BOTH) ?? {};
      if (parameters !== undefined) expect(offers).toContain("permessage-deflate");
    }),
    { numRuns: 1000 },
  );
  for (const long of [",", " ", "a;", 'a="\\', 'a; b="x",', "\t;"]) {
    negotiateDeflate(long.repeat(20_000));
  }
});
