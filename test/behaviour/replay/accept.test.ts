/** The check itself: it must see what Cherokee would trip over. */

import { describe, expect, test } from "bun:test";
import { accept } from "./accept.ts";

const reply = (head: string, body = "") => `${head.replaceAll("\n", "\r\n")}\r\n\r\n${body}`;

describe("accepted is", () => {
  test("a reply with a body of its length", () => {
    expect(accept(reply("Status: 404 Not Found\nContent-Length: 2\nX-A: b: c", "hi"), "GET"))
      .toEqual({ status: 404, headers: [["content-length", "2"], ["x-a", "b: c"]], body: "hi" });
  });

  test("a body that ends with the connection", () => {
    expect(accept(reply("Status: 200 OK", "hi"), "GET").body).toBe("hi");
  });

  test("a reply to HEAD with the length of GET", () => {
    expect(accept(reply("Status: 200 OK\nContent-Length: 2"), "HEAD").status).toBe(200);
  });
});

describe("not accepted is", () => {
  const cases: [what: string, reply: string, method?: string][] = [
    ["nothing", ""],
    ["no end of the head", "Status: 200 OK\r\n"],
    ["a head that ends in line feeds", "Status: 200 OK\n\nhi"],
    ["a bare line feed in the head", "Status: 200 OK\r\nA: b\nC: d\r\n\r\n"],
    ["a bare carriage return", "Status: 200 OK\r\nA: b\rC: d\r\n\r\n"],
    ["a NUL", reply("Status: 200 OK\nA: b\0")],
    ["a head of 8192 bytes", reply(`Status: 200 OK\nA: ${"x".repeat(8192 - 23)}`)],
    ["no status", reply("Content-Length: 0")],
    ["a status further down", reply("A: b\nStatus: 200 OK")],
    ["a second status", reply("Status: 200 OK\nStatus: 201 Created")],
    ["a status without a space", reply("Status:200 OK")],
    ["a status with two spaces", reply("Status:  200 OK")],
    ["a status without a reason", reply("Status: 200")],
    ["a status with an empty reason", reply("Status: 200 ")],
    ["a status of four digits", reply("Status: 2000 OK")],
    ["an interim status", reply("Status: 103 Early Hints")],
    ["an HTTP status line", reply("HTTP/1.1 200 OK")],
    ["a field without a space", reply("Status: 200 OK\nContent-Length:0")],
    ["a field with two spaces", reply("Status: 200 OK\nContent-Length:  0")],
    ["a line without a colon", reply("Status: 200 OK\nhello")],
    ["a folded line", reply("Status: 200 OK\nA: b\n c: d")],
    ["a name with a space", reply("Status: 200 OK\nA b: c")],
    ["chunks", reply("Status: 200 OK\nTransfer-Encoding: chunked", "0\r\n\r\n")],
    ["Connection", reply("Status: 200 OK\nConnection: close")],
    ["two lengths", reply("Status: 200 OK\nContent-Length: 0\nContent-Length: 0")],
    ["two places", reply("Status: 302 Found\nLocation: /a\nLocation: /b")],
    ["a place beside 200", reply("Status: 200 OK\nLocation: /a")],
    ["a body too short", reply("Status: 200 OK\nContent-Length: 3", "hi")],
    ["a body too long", reply("Status: 200 OK\nContent-Length: 1", "hi")],
    ["a length that is none", reply("Status: 200 OK\nContent-Length: +2", "hi")],
    ["a body to HEAD", reply("Status: 200 OK", "hi"), "HEAD"],
    ["a body with 204", reply("Status: 204 No Content", "hi")],
    ["a body with 304", reply("Status: 304 Not Modified", "hi")],
    ["a length with 204", reply("Status: 204 No Content\nContent-Length: 0")],
  ];
  for (const [what, bytes, method = "GET"] of cases) {
    test(what, () => expect(() => accept(bytes, method)).toThrow());
  }
});
