/** The decoder: the specification's own example, and one broken request for each of its rules. */

import { describe, expect, test } from "bun:test";
import { Decoder } from "../../src/scgi/decoder.ts";
import { refusal } from "../support/refusal.ts";
import { bytes, frame, request, single, text } from "../support/wire.ts";

const example = bytes(
  "70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0," +
    "What is the answer to life?",
);

/** Feeds pieces and gives the body that came out of them. */
function feed(decoder: Decoder, pieces: readonly Uint8Array[]): string {
  return pieces.map((piece) => text(decoder.push(piece))).join("");
}

/** How the end of these bytes is refused, however they are split. */
function refused(wire: string, options = {}): { code: string; status: number | undefined } {
  const [whole, split] = [[bytes(wire)], single(bytes(wire))].map((pieces) =>
    refusal(() => {
      const decoder = new Decoder(options);
      feed(decoder, pieces);
      decoder.end();
    })
  );
  expect(split!.code).toBe(whole!.code);
  expect(split!.status).toBe(whole!.status);
  return { code: whole!.code, status: whole!.status };
}

const INVALID = { code: "HEAD_INVALID", status: 400 };
const TOO_LARGE = { code: "HEAD_TOO_LARGE", status: 431 };

describe("the specification's example", () => {
  for (
    const [how, pieces] of Object.entries({ whole: [example], "byte by byte": single(example) })
  ) {
    test(`is decoded ${how}`, () => {
      const decoder = new Decoder();
      expect(feed(decoder, pieces)).toBe("What is the answer to life?");
      expect(decoder.head).toEqual({
        ascii: true,
        contentLength: 27,
        pairs: [
          "CONTENT_LENGTH",
          "27",
          "SCGI",
          "1",
          "REQUEST_METHOD",
          "POST",
          "REQUEST_URI",
          "/deepthought",
        ],
      });
      expect(decoder.done).toBe(true);
      expect(decoder.surplus).toBe(0);
      decoder.end();
    });
  }

  test("has its head as soon as the comma came, and not before", () => {
    const decoder = new Decoder();
    const comma = 3 + 70;
    decoder.push(example.subarray(0, comma));
    expect(decoder.head).toBeUndefined();
    decoder.push(example.subarray(comma, comma + 1));
    expect(decoder.head?.contentLength).toBe(27);
    expect(decoder.remaining).toBe(27);
    expect(decoder.done).toBe(false);
  });
});

describe("the length of the head", () => {
  const head = request().slice(3, -1);
  for (
    const length of ["+24", " 24", "024", "2_4", "", "-24", "2e1", "24 ", "0x18", "00", "0"]
  ) {
    test(`${JSON.stringify(length)} is refused`, () => {
      expect(refused(`${length}:${head},`)).toEqual(INVALID);
    });
  }

  test("of 20 digits is refused as too large, before its colon", () => {
    expect(refused("1".repeat(20))).toEqual(TOO_LARGE);
  });

  test("one byte below the content's leaves no comma at its end", () => {
    expect(refused(`${head.length - 1}:${head},`)).toEqual(INVALID);
  });

  test("one byte above the content's leaves no NUL at its end", () => {
    expect(refused(`${head.length + 1}:${head},,`)).toEqual(INVALID);
  });

  test("at maxHeaderBytes is served, one byte over it refused from the claim alone", () => {
    const decoder = new Decoder({ maxHeaderBytes: head.length });
    decoder.push(bytes(request()));
    expect(decoder.done).toBe(true);
    expect(refused(String(head.length), { maxHeaderBytes: head.length - 1 })).toEqual(TOO_LARGE);
  });

  test("may be 65536 where nothing is said", () => {
    expect(refused("65536:")).toEqual({ code: "HEAD_CUT", status: 400 });
    expect(refused("65537")).toEqual(TOO_LARGE);
  });
});

describe("CONTENT_LENGTH", () => {
  for (
    const value of ["+5", " 5", "05", "0_5", "-0", "1e1", "9".repeat(20), "", "5 ", "0x5", "5.0"]
  ) {
    test(`${JSON.stringify(value)} is refused`, () => {
      expect(refused(frame(["CONTENT_LENGTH", value, "SCGI", "1"], "12345"))).toEqual(INVALID);
    });
  }

  test("is refused where it is not the first variable", () => {
    expect(refused(frame(["SCGI", "1", "CONTENT_LENGTH", "0"]))).toEqual(INVALID);
  });

  test("is refused where it is missing", () => {
    expect(refused(frame(["SCGI", "1"]))).toEqual(INVALID);
    expect(refused(frame(["CONTENT_LENGTHS", "0", "SCGI", "1"]))).toEqual(INVALID);
  });

  test("counts with its last value that is not empty", () => {
    const decoder = new Decoder();
    const pairs = ["CONTENT_LENGTH", "9", "SCGI", "1", "CONTENT_LENGTH", "2", "CONTENT_LENGTH", ""];
    expect(text(decoder.push(bytes(frame(pairs, "hi!"))))).toBe("hi");
    expect(decoder.head?.contentLength).toBe(2);
  });

  test("is refused where a later value is no plain decimal", () => {
    expect(refused(frame(["CONTENT_LENGTH", "0", "SCGI", "1", "CONTENT_LENGTH", "+5"]))).toEqual(
      INVALID,
    );
  });

  test("may be the largest whole number that a double holds, and no more", () => {
    const decoder = new Decoder();
    decoder.push(bytes(frame(["CONTENT_LENGTH", "9007199254740991", "SCGI", "1"])));
    expect(decoder.remaining).toBe(Number.MAX_SAFE_INTEGER);
    expect(refused(frame(["CONTENT_LENGTH", "9007199254740992", "SCGI", "1"]))).toEqual(INVALID);
  });
});

describe("the variables", () => {
  test("without SCGI are refused, with the line that mends it", () => {
    const { message, ...rest } = refusal(() =>
      new Decoder().push(bytes(frame(["CONTENT_LENGTH", "0"])))
    );
    expect(rest).toEqual(INVALID as never);
    expect(message).toContain("include scgi_params;");
  });

  for (const value of ["", "0", "2", "01", " 1", "1.0"]) {
    test(`with SCGI ${JSON.stringify(value)} are refused`, () => {
      expect(refused(frame(["CONTENT_LENGTH", "0", "SCGI", value]))).toEqual(INVALID);
    });
  }

  test("may hold SCGI anywhere after CONTENT_LENGTH", () => {
    const decoder = new Decoder();
    decoder.push(bytes(frame(["CONTENT_LENGTH", "0", "A", "b", "SCGI", "1"])));
    expect(decoder.done).toBe(true);
  });

  test("may have empty values", () => {
    const decoder = new Decoder();
    decoder.push(bytes(request(["QUERY_STRING", ""])));
    expect(decoder.head?.pairs.slice(-2)).toEqual(["QUERY_STRING", ""]);
  });

  test("with an empty name are refused", () => {
    expect(refused(request(["", "x"]))).toEqual(INVALID);
    expect(refused(request(["", ""]))).toEqual(INVALID);
  });

  test("without a NUL at their end are refused", () => {
    const head = request().slice(3, -2);
    expect(refused(`${head.length}:${head},`)).toEqual(INVALID);
  });

  test("with a name and no value are refused", () => {
    expect(refused(request(["NAME"]))).toEqual(INVALID);
  });

  test("keep every byte from 0x01 to 0xFF", () => {
    const all = String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i + 1));
    const decoder = new Decoder();
    decoder.push(bytes(request(["X", all])));
    expect(decoder.head?.pairs.at(-1)).toBe(all);
  });
});

describe("the number of variables", () => {
  const heads = (count: number) =>
    request(Array.from({ length: count - 2 }, (_, i) => [`HTTP_X_${i}`, "x"]).flat());

  test("may be 1000 where nothing is said, and no more", () => {
    const decoder = new Decoder();
    decoder.push(bytes(heads(1000)));
    expect(decoder.head?.pairs).toHaveLength(2000);
    expect(refused(heads(1001))).toEqual(TOO_LARGE);
  });

  test("may be maxHeaders; the error names it", () => {
    const decoder = new Decoder({ maxHeaders: 5 });
    decoder.push(bytes(heads(5)));
    expect(decoder.done).toBe(true);
    expect(refused(heads(6), { maxHeaders: 5 })).toEqual(TOO_LARGE);
    const { message } = refusal(() => new Decoder({ maxHeaders: 5 }).push(bytes(heads(6))));
    expect(message).toContain("maxHeaders");
    expect(message).toContain("5");
  });

  test("counts repeated variables, and those that are no header fields", () => {
    const repeated = request(Array.from({ length: 4 }, () => ["QUERY_STRING", ""]).flat());
    expect(refused(repeated, { maxHeaders: 5 })).toEqual(TOO_LARGE);
  });

  test("has no limit where maxHeaders is 0", () => {
    const decoder = new Decoder({ maxHeaders: 0 });
    decoder.push(bytes(heads(4000)));
    expect(decoder.head?.pairs).toHaveLength(8000);
  });

  test("is refused with the first byte of the name that is too much", () => {
    const wire = bytes(heads(1001));
    const before = wire.lastIndexOf("H".charCodeAt(0));
    const decoder = new Decoder();
    decoder.push(wire.subarray(0, before));
    expect(refusal(() => decoder.push(wire.subarray(before, before + 1)))).toMatchObject(TOO_LARGE);
  });

  test("counts before a later CONTENT_LENGTH that is none, which a whole head shows only", () => {
    const pairs = ["CONTENT_LENGTH", "x", "A", "", "B", "", "C", ""];
    expect(refused(request(pairs), { maxHeaders: 5 })).toEqual(TOO_LARGE);
    expect(refused(request(pairs), { maxHeaders: 6 })).toEqual(INVALID);
  });
});

describe("what is no SCGI", () => {
  const others: Record<string, [wire: string, says: string]> = {
    "a TLS hello": ["\x16\x03\x01\x02\x00\x01\x00", "TLS"],
    "an HTTP request": ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "scgi_pass"],
    "an HTTP/2 preface": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "scgi_pass"],
    "a FastCGI record": ["\x01\x01\x00\x01\x00\x08\x00\x00", "digits"],
    "a newline": ["\n", "digits"],
    "a netstring of something else": ["12:hello world!,", "CONTENT_LENGTH"],
    "no comma after the head": [request().slice(0, -1) + ";", "comma"],
    "a newline instead of the comma": [request().slice(0, -1) + "\n", "comma"],
    "text instead of the comma": [request().slice(0, -1) + "hi", "comma"],
  };
  for (const [what, [wire, says]] of Object.entries(others)) {
    test(`${what} is refused, with a text that says why`, () => {
      expect(refused(wire)).toEqual(INVALID);
      expect(refusal(() => new Decoder().push(bytes(wire))).message).toContain(says);
    });
  }

  test("is refused again by every later call, with the same error", () => {
    const decoder = new Decoder();
    const first = refusal(() => decoder.push(bytes("GET /")));
    expect(refusal(() => decoder.push(example))).toEqual(first);
    expect(refusal(() => decoder.end())).toEqual(first);
    expect(decoder.head).toBeUndefined();
  });
});

describe("the end of the bytes", () => {
  test("is fine where none came", () => {
    const decoder = new Decoder();
    expect(decoder.started).toBe(false);
    decoder.end();
  });

  for (const length of [1, 2, 3, 10, 40, 72, 73]) {
    test(`after ${length} of 74 bytes of the head cuts it`, () => {
      const decoder = new Decoder();
      decoder.push(example.subarray(0, length));
      expect(decoder.started).toBe(true);
      expect(refusal(() => decoder.end())).toMatchObject({ code: "HEAD_CUT", status: 400 });
    });
  }

  test("inside the body cuts it, and tells how much is missing", () => {
    const decoder = new Decoder();
    decoder.push(example.subarray(0, -4));
    const error = refusal(() => decoder.end());
    expect(error).toMatchObject({ code: "BODY_CUT", status: 400 });
    expect(error.message).toContain("4 bytes");
  });

  test("ignores and counts what comes after the body", () => {
    const decoder = new Decoder();
    decoder.push(example);
    expect(decoder.push(bytes("GET"))).toHaveLength(0);
    expect(decoder.push(bytes("!"))).toHaveLength(0);
    expect(decoder.surplus).toBe(4);
    decoder.end();
  });
});

describe("the body", () => {
  test("is never copied: what comes out shares the memory of what went in", () => {
    const decoder = new Decoder();
    const beside = decoder.push(example.subarray(0, 80));
    const after = decoder.push(example.subarray(80));
    expect(beside.buffer).toBe(example.buffer);
    expect(beside.byteOffset).toBe(74);
    expect(after.buffer).toBe(example.buffer);
    expect(after.byteOffset).toBe(80);
  });
});
