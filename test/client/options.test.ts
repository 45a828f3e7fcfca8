/** Options of fetch, which need no Request where they are usual: what is sent is what a Request of them has. */

import { describe, expect, test } from "bun:test";
import { fetch } from "../../src/client.ts";
import { Answering } from "../support/answering.ts";

const POST = { method: "POST", body: "a text" };

const options: Record<string, RequestInit> = {
  "none": {},
  "that are undefined": { method: undefined, body: undefined, signal: undefined } as object,
  "fields, out of order": { headers: { "x-b": "2", "x-a": "1", accept: "*/*" } },
  "fields in upper case": { headers: { "X-OWN": "1", Host: "other" } },
  "a field in two cases": { headers: { "x-own": "1", "X-Own": "2" } },
  "a field with blanks around it": { headers: { "x-own": " \ta b \t" } },
  "a field that is empty": { headers: { "x-own": "" } },
  "a field that is not ASCII": { headers: { "x-own": "\xe9" } },
  "a field that is a number": { headers: { "x-own": 1 as unknown as string } },
  "pairs": { headers: [["x-own", "1"], ["x-own", "2"]] },
  "a Headers": { headers: new Headers({ "x-own": "1" }) },
  "a text": POST,
  "an empty text": { ...POST, body: "" },
  "a text that is not ASCII": { ...POST, body: "\xe9€😀" },
  "a text that is not well-formed": { ...POST, body: "a\ud800b" },
  "a text with a type": { ...POST, headers: { "Content-Type": "text/css" } },
  "a text with an empty type": { ...POST, headers: { "content-type": "" } },
  "a text with its length": { ...POST, headers: { "content-length": "6" } },
  "a text to PATCH": { ...POST, method: "PATCH" },
  "a long text": { ...POST, body: "a".repeat(300_000) },
  "a method in lower case": { ...POST, method: "post" },
  "a method without a body": { method: "DELETE" },
  "HEAD": { method: "HEAD" },
};

describe("what is sent is that of a Request", () => {
  for (const [name, init] of Object.entries(options)) {
    test(name, async () => {
      await using server = await Answering.start("Status: 200 OK\r\n\r\n");
      const url = "http://h/path?query";
      const request = new Request(url, init);
      // That of Bun does not have the type of a text.
      if (typeof init.body === "string" && !request.headers.has("content-type")) {
        request.headers.set("content-type", "text/plain;charset=UTF-8");
      }
      await fetch(request, { to: server.address });
      const { variables, body } = server;
      await fetch(url, { to: server.address, ...init });
      expect({ variables: server.variables, body: server.body }).toEqual({ variables, body });
    });
  }
});

describe("what no Request may have is a TypeError", () => {
  const refused: Record<string, RequestInit> = {
    "a name with a blank": { headers: { "x own": "1" } },
    "a name that is empty": { headers: { "": "1" } },
    "a value with a line break": { headers: { "x-own": "1\r\n2" } },
    "a value that is no latin1": { headers: { "x-own": "€" } },
    "a signal that is none": { signal: {} as AbortSignal },
  };
  for (const [name, init] of Object.entries(refused)) {
    test(name, async () => {
      const fetched = fetch("http://h/", { to: 1, ...init });
      expect(await fetched.catch((error) => error)).toBeInstanceOf(TypeError);
    });
  }
});
