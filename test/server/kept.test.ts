/** A Response that an app keeps and returns again: the same as from the runtime's own server. */

import { describe, expect, test } from "bun:test";
import { recordHere } from "../../src/runtime/chosen.ts";
import { callUnrecorded } from "../support/call.ts";
import { startOwn } from "../support/own-server.ts";
import { onBun } from "../support/runtime.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function form(): FormData {
  const form = new FormData();
  form.set("a", "b");
  return form;
}

const kinds: Record<string, () => Response> = {
  "a text": () => new Response("text"),
  "a text with headers": () => new Response("text", { headers: { "x-a": "b" }, status: 201 }),
  "a long text": () => new Response("x".repeat(300_000)),
  "an empty text": () => new Response(""),
  "a number": () => new Response(5 as unknown as string),
  "a String": () => new Response(new String("text") as string),
  "bytes": () => new Response(encode("bytes")),
  "no bytes": () => new Response(new Uint8Array()),
  "a buffer": () => new Response(encode("bytes").buffer),
  "a Blob": () => new Response(new Blob(["a Blob"])),
  "an empty Blob": () => new Response(new Blob([])),
  "a form": () => new Response(new URLSearchParams({ a: "b" })),
  "a form with parts": () => new Response(form()),
  "nothing": () => new Response(),
  "null": () => new Response(null),
  "JSON": () => Response.json({ a: 1 }),
  "JSON with a status": () => Response.json({ a: 1 }, { status: 201 }),
  "a redirect": () => Response.redirect("http://h/x"),
  "no content": () => new Response(null, { status: 204 }),
  "not modified": () => new Response(null, { status: 304 }),
  "a stream": () => new Response(new Blob(["a stream"]).stream()),
  "a clone": () => new Response("text").clone(),
  "one of a class": () => new class extends Response {}("text"),
  ...onBun && {
    "a text of 204": () => new Response("text", { status: 204 }),
    "bytes of 304": () => new Response(encode("bytes"), { status: 304 }),
    "a file": () => new Response(Bun.file(import.meta.path)),
  },
};

/** What is seen of a Response that is returned twice. */
type Twice = readonly [first: number, used: boolean, second: number];

async function own(make: () => Response): Promise<Twice> {
  const kept = make();
  const server = await startOwn(() => kept);
  try {
    const ask = async () => {
      const reply = await fetch(server.url, { redirect: "manual" });
      await reply.text();
      return reply.status;
    };
    const first = await ask();
    return [first, kept.bodyUsed, await ask()];
  } finally {
    await server.stop();
  }
}

describe("A Response that is returned twice is as with the runtime's own server", () => {
  for (const [name, make] of Object.entries(kinds)) {
    test(`where it was made of ${name}`, async () => {
      const stop = recordHere();
      try {
        const kept = make();
        const ask = async () => parseInt((await callUnrecorded(() => kept)).status);
        const first = await ask();
        const seen: Twice = [first, kept.bodyUsed, await ask()];
        stop();
        expect(seen).toEqual(await own(make));
      } finally {
        stop();
      }
    });
  }
});

describe("A Response whose text was sent", () => {
  async function sent(look?: (response: Response) => unknown): Promise<Response> {
    const stop = recordHere();
    try {
      const response = new Response("text");
      look?.(response);
      const reply = await callUnrecorded(() => response);
      expect([reply.status, reply.body]).toEqual(["200 OK", "text"]);
      return response;
    } finally {
      stop();
    }
  }

  const looks: Record<string, ((response: Response) => unknown) | undefined> = {
    "": undefined,
    " after a look at its body": (response) => response.body,
    " after a clone": (response) => response.clone(),
  };
  for (const [name, look] of Object.entries(looks)) {
    test(`has no more text${name}`, async () => {
      const response = await sent(look);
      expect(response.bodyUsed).toBe(true);
      for (const read of ["text", "json", "arrayBuffer", "blob", "formData"] as const) {
        await expect(response[read]()).rejects.toBeInstanceOf(TypeError);
      }
      expect(() => response.clone()).toThrow(TypeError);
    });
  }

  test("is reported where it is returned again, with what to do instead", async () => {
    const kept = await sent();
    const { status, errors } = await callUnrecorded(() => kept);
    expect(status).toBe("500 Internal Server Error");
    expect(errors).toHaveLength(1);
    const { code, message } = errors[0]!.error as Error & { code: string };
    expect(code).toBe("RESPONSE_INVALID");
    expect(message).toContain("Make a new Response for each request");
    expect(message).toContain("clone()");
  });

  test("is sent as often as it is cloned", async () => {
    const stop = recordHere();
    try {
      const kept = new Response("text");
      for (let i = 0; i < 3; i++) {
        expect((await callUnrecorded(() => kept.clone())).body).toBe("text");
      }
      expect(kept.bodyUsed).toBe(false);
      expect(await kept.text()).toBe("text");
    } finally {
      stop();
    }
  });

  test("is not sent at all while an app has locked it", async () => {
    const stop = recordHere();
    try {
      const response = new Response("text");
      response.body!.getReader();
      const { status, errors } = await callUnrecorded(() => response);
      expect([status, errors.length]).toEqual(["500 Internal Server Error", 1]);
    } finally {
      stop();
    }
  });
});
