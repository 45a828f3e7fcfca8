/** How a web server is asked to send a file, and what it is not asked for. */

import { describe, expect, test } from "bun:test";
import { Hono } from "hono";
import type { ScgiError } from "../../src/errors.ts";
import { type FileSender, sendFile, type SendFileOptions } from "../../src/cgi/send-file.ts";
import { call } from "../support/call.ts";
import { refusal } from "../support/refusal.ts";

const root = "/srv/files";

/** The header of the handover, and its value as bytes decoded. */
function asked(path: string, options: Partial<SendFileOptions>): [name: string, value: string] {
  const { headers } = sendFile(path, { root, ...options });
  const found = [...headers].filter(([name]) => name.startsWith("x-"));
  expect(found).toHaveLength(1);
  const [name, value] = found[0]!;
  const bytes = Uint8Array.from(value, (unit) => unit.charCodeAt(0));
  return [name, new TextDecoder().decode(bytes)];
}

describe("the path is spelled as it is read by", () => {
  const path = "grüße/100%41 ?#.txt";
  const encoded = "gr%C3%BC%C3%9Fe/100%2541%20%3F%23.txt";
  const cases: [server: FileSender, header: string, value: string][] = [
    ["nginx", "x-accel-redirect", `/internal/${encoded}`],
    ["lighttpd", "x-sendfile", `/srv/files/${encoded}`],
    ["apache", "x-sendfile", `/srv/files/${path}`],
    ["cherokee", "x-sendfile", `/srv/files/${path}`],
  ];
  for (const [server, ...header] of cases) {
    test(server, () => expect(asked(path, { server })).toEqual(header));
  }
});

describe("the web server is known by its SERVER_SOFTWARE", () => {
  const cases: [software: string, header: string][] = [
    ["nginx/1.22.1", "x-accel-redirect"],
    ["nginx", "x-accel-redirect"],
    ["lighttpd/1.4.69", "x-sendfile"],
    ["Apache/2.4.71 (Debian)", "x-sendfile"],
    ["Apache", "x-sendfile"],
    ["Cherokee/1.2.104 (UNIX)", "x-sendfile"],
  ];
  for (const [software, header] of cases) {
    test(software, () => {
      expect(asked("a", { env: { SERVER_SOFTWARE: software } })[0]).toBe(header);
    });
  }

  test("unless it is named", () => {
    const env = { SERVER_SOFTWARE: "Apache/2.4.71" };
    expect(asked("a", { env, server: "nginx" })).toEqual(["x-accel-redirect", "/internal/a"]);
  });

  const unknown = ["", "scgi", "Microsoft-IIS/10.0", "nginxish/1", "not nginx"];
  for (const software of [undefined, ...unknown]) {
    test(`and ${software} is an error that says what to do`, () => {
      const error = refusal(() => sendFile("a", { root, env: { SERVER_SOFTWARE: software } }));
      expect(error).toMatchObject({ code: "SERVER_UNKNOWN", status: undefined });
      expect(error.message).toContain("scgi_param SERVER_SOFTWARE");
      expect(error.message).toContain('server: "nginx"');
    });
  }

  test("and no env at all is one as well", () => {
    expect(refusal(() => sendFile("a", { root })).code).toBe("SERVER_UNKNOWN");
  });
});

describe("refused is a path that", () => {
  const cases: [why: string, path: string][] = [
    ["leads out", "../x"],
    ["leads out and back", "../files/x"],
    ["leads out further on", "a/../../x"],
    ["has two dots at its end", "a/.."],
    ["is absolute", "/etc/passwd"],
    ["is absolute and inside", "/srv/files/x"],
    ["has a NUL", "a\0.txt"],
    ["has a line feed", "a\nb"],
    ["has a carriage return", "a\rb"],
    ["has a tab", "a\tb"],
    ["has DEL", "a\x7f"],
    ["has a control character over 0x7F", "a\x85"],
    ["is empty", ""],
    ["is the folder", "."],
    ["ends in a slash", "a/"],
    ["has two slashes", "a//b"],
    ["is no well-formed text", "a\ud800"],
  ];
  for (const [why, path] of cases) {
    for (const server of ["nginx", "lighttpd", "apache", "cherokee"] as const) {
      test(`${why}, for ${server}`, () => {
        const error = refusal(() => sendFile(path, { root, server }));
        expect(error).toMatchObject({ code: "FILE_REFUSED", status: 404 });
        expect(error.message.replace(JSON.stringify(path), "")).not.toContain(root);
      });
    }
  }

  test("ends in a space, where it is not encoded", () => {
    expect(asked("a ", { server: "nginx" })[1]).toBe("/internal/a%20");
    expect(asked("a ", { server: "lighttpd" })[1]).toBe("/srv/files/a%20");
    expect(asked("a /b", { server: "apache" })[1]).toBe("/srv/files/a /b");
    for (const server of ["apache", "cherokee"] as const) {
      expect(refusal(() => sendFile("a ", { root, server })).code).toBe("FILE_REFUSED");
    }
  });

  test("Apache would take for a broken URL", () => {
    for (const path of ["100%", "100%.txt", "a%2fb", "a%2Fb", "a%00", "a%4"]) {
      expect(refusal(() => sendFile(path, { root, server: "apache" })).code).toBe("FILE_REFUSED");
      expect(asked(path, { server: "cherokee" })[1]).toBe(`/srv/files/${path}`);
    }
  });
});

describe("names that only look odd are sent:", () => {
  for (const path of ["...", "..a", "a..", "%2e%2e/x", ".hidden", "a\\..\\b"]) {
    test(path, () => {
      expect(asked(path, { server: "cherokee" })[1]).toBe(`/srv/files/${path}`);
      const decoded = decodeURIComponent(asked(path, { server: "nginx" })[1]);
      expect(decoded).toBe(`/internal/${path}`);
    });
  }
});

describe("root and prefix", () => {
  test("have a slash at their end, or none", () => {
    expect(asked("a", { root: "/srv//", server: "apache" })[1]).toBe("/srv/a");
    expect(asked("a", { root: "/", server: "apache" })[1]).toBe("/a");
    expect(asked("a", { prefix: "/my files", server: "nginx" })[1]).toBe("/my%20files/a");
    expect(asked("a", { prefix: "/", server: "nginx" })[1]).toBe("/a");
  });

  test("are absolute and plain", () => {
    for (const folder of ["", "srv", "/srv/../etc", "/srv\n", "/a\0", "/\ud800"]) {
      for (const given of [{ root: folder }, { root, prefix: folder }]) {
        const error = refusal(() => sendFile("a", { ...given, server: "nginx" }));
        expect(error).toMatchObject({ code: "OPTION_INVALID", status: undefined });
      }
    }
  });

  test("and a server that there is not is one error more", () => {
    for (const server of ["iis", "toString"]) {
      const error = refusal(() => sendFile("a", { root, server: server as FileSender }));
      expect(error.code).toBe("OPTION_INVALID");
      expect(error.message).toContain("nginx, lighttpd, apache, cherokee");
    }
  });
});

describe("the reply", () => {
  const headers = {
    "content-type": "text/csv",
    "content-length": "5",
    "set-cookie": "a=1",
    "x-accel-redirect": "/mine",
  };

  test("has no body, and the headers that were given", async () => {
    const { status, headers: lines, body } = await call(
      () => sendFile("a.csv", { root, server: "nginx", headers }),
    );
    expect({ status, lines: lines.sort(), body }).toEqual({
      status: "200 OK",
      lines: [
        "content-length: 0",
        "content-type: text/csv",
        "set-cookie: a=1",
        "x-accel-redirect: /internal/a.csv",
      ],
      body: "",
    });
  });

  test("carries names in UTF-8", async () => {
    const { headers: lines } = await call(() => sendFile("ü.txt", { root, server: "apache" }));
    expect(lines).toContain("x-sendfile: /srv/files/\xc3\xbc.txt");
  });

  test("to what was refused is 404, and to what is set up wrongly 500 and a report", async () => {
    const app = new Hono<{ Bindings: Record<string, string> }>();
    app.get("*", (c) => sendFile(c.req.query("path") ?? "", { root, env: c.env }));
    const variables = { SERVER_SOFTWARE: "nginx/1.22.1" };
    const refused = await call(app, { uri: "/?path=../x", variables });
    expect([refused.status, refused.errors]).toEqual(["404 Not Found", []]);
    const untold = await call(app, { uri: "/?path=x" });
    expect(untold.status).toBe("500 Internal Server Error");
    expect(untold.errors.map(({ error }) => (error as ScgiError).code)).toEqual(["SERVER_UNKNOWN"]);
  });

  test("to what was refused is the same from handlers of every kind", async () => {
    const refuse = (): Response => sendFile("../x", { root, server: "nginx" });
    const hono = await call(new Hono().get("*", refuse));
    const apps = [refuse, async () => await refuse(), { fetch: refuse }];
    for (const app of apps) expect(await call(app)).toEqual(hono);
    expect([hono.status, hono.errors]).toEqual(["404 Not Found", []]);
    expect(hono.body).not.toContain(root);
  });

  test("to what was refused is that of a handler that catches it", async () => {
    const caught = await call(() => {
      try {
        return sendFile("../x", { root, server: "nginx" });
      } catch (error) {
        return new Response((error as ScgiError).code, { status: 403 });
      }
    });
    expect([caught.status, caught.body]).toEqual(["403 Forbidden", "FILE_REFUSED"]);
  });
});
