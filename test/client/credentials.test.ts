/** A user and a password in the URL of a request. */

import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { fetch, type ScgiRequestInit } from "../../src/client.ts";
import { Answering } from "../support/answering.ts";

const OK = "Content-Length: 0\r\n\r\n";

/** The variables of a request. */
async function sent(
  input: string | URL | Request,
  init: Omit<ScgiRequestInit, "to"> = {},
): Promise<Record<string, string>> {
  await using server = await Answering.start(OK);
  await (await fetch(input, { ...init, to: server.address })).text();
  return server.variables;
}

/** A Request of a URL with a password, where the runtime makes one. */
function requests(url: string): Request[] {
  try {
    return [new Request(url)];
  } catch {
    return [];
  }
}

describe("a password in a URL", () => {
  test("is sent as curl sends it, and is in no other variable", async () => {
    const url = "http://user:pass@example.com:81/a?b";
    for (const input of [url, new URL(url), ...requests(url)]) {
      const variables = await sent(input);
      expect(variables).toMatchObject({
        REQUEST_URI: "/a?b",
        HTTP_HOST: "example.com:81",
        SERVER_NAME: "example.com",
        HTTP_AUTHORIZATION: `Basic ${btoa("user:pass")}`,
      });
      expect(JSON.stringify(variables)).not.toContain("pass");
    }
  });

  test("is decoded, to bytes", async () => {
    const { HTTP_AUTHORIZATION } = await sent("http://us%20er:p%3Aé%E9%00@h/");
    expect(HTTP_AUTHORIZATION).toBe(`Basic ${btoa("us er:p:\xc3\xa9\xe9\0")}`);
    expect((await sent("http://user@h/")).HTTP_AUTHORIZATION).toBe(`Basic ${btoa("user:")}`);
    expect((await sent("http://:pass@h/")).HTTP_AUTHORIZATION).toBe(`Basic ${btoa(":pass")}`);
  });

  test("gives way to the field, and to the variable", async () => {
    const url = "http://user:pass@h/";
    const headers = { authorization: "Bearer t" };
    expect((await sent(url, { headers })).HTTP_AUTHORIZATION).toBe("Bearer t");
    const env = { HTTP_AUTHORIZATION: "Bearer e" };
    expect((await sent(url, { env })).HTTP_AUTHORIZATION).toBe("Bearer e");
    expect((await sent("http://@h/")).HTTP_AUTHORIZATION).toBeUndefined();
  });

  test("is in no error, and stays in the URL that it was given in", async () => {
    const error = await fetch("http://user:pass@h:99999/", { to: 1 }).catch((error) => error);
    expect(error).toBeInstanceOf(TypeError);
    expect(inspect(error)).not.toContain("user:pass");
    const url = new URL("http://user:pass@h/");
    await sent(url);
    expect(url.href).toBe("http://user:pass@h/");
  });
});

test("a method that no Request has is an error, and can be sent as a variable", async () => {
  for (const method of ["TRACE", "connect", "TRACK", "A B", "", "€", "A\n"]) {
    const error = await fetch("http://h/", { to: 1, method }).catch((error) => error);
    expect([method, error.name, error.code]).toEqual([method, "ScgiError", "METHOD_UNSUPPORTED"]);
    expect(error.message).toContain("REQUEST_METHOD");
  }
  const env = { REQUEST_METHOD: "TRACE" };
  expect((await sent("http://h/", { env })).REQUEST_METHOD).toBe("TRACE");
});
