/** What a client that has the standard `WebSocket` finds at the app, on a runtime or in a page. */

/** What a client found. */
export interface Findings {
  /** The subprotocol; whether compression was offered; whether it was accepted. */
  agreed: [protocol: string, offered: boolean, accepted: boolean];
  /** The same as the client has it. */
  own: [protocol: string, accepted: boolean];
  /** Whether each message came back as it was sent. */
  echoes: Record<string, boolean>;
  /** Whether 500 messages that were sent at once came back in their order. */
  inOrder: boolean;
  /** The code, reason and cleanness of a close, by what asked for it. */
  closes: Record<string, [code: number, reason: string, clean: boolean]>;
}

/** Opens sockets at an origin such as `ws://127.0.0.1:8080`. A page is given this function alone. */
export async function findOut(origin: string, id: string): Promise<Findings> {
  const received = new WeakMap<WebSocket, unknown[]>();
  const waiting = new WeakMap<WebSocket, (message: unknown) => void>();

  const open = (query: string): Promise<WebSocket> => {
    const socket = new WebSocket(`${origin}/?${query}`, ["other", "chat"]);
    socket.binaryType = "arraybuffer";
    received.set(socket, []);
    socket.addEventListener("message", ({ data }) => {
      const take = waiting.get(socket);
      waiting.delete(socket);
      if (take === undefined) received.get(socket)!.push(data);
      else take(data);
    });
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve(socket));
      socket.addEventListener("close", ({ code }) => reject(new Error(`closed with ${code}`)));
    });
  };
  const next = (socket: WebSocket): Promise<unknown> => {
    const kept = received.get(socket)!;
    if (kept.length > 0) return Promise.resolve(kept.shift());
    return new Promise((resolve) => waiting.set(socket, resolve));
  };
  const closing = (socket: WebSocket): Promise<[number, string, boolean]> =>
    new Promise((resolve) =>
      socket.addEventListener(
        "close",
        ({ code, reason, wasClean }) => resolve([code, reason, wasClean]),
      )
    );
  const same = (sent: string | Uint8Array<ArrayBuffer>, echoed: unknown): boolean => {
    if (typeof sent === "string") return sent === echoed;
    const bytes = new Uint8Array(echoed as ArrayBuffer);
    return bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index]);
  };
  const bytes = (length: number) =>
    Uint8Array.from({ length }, (_, index) => (index * index) >> 3 & 0xff);

  const first = await open(`id=${id}`);
  const agreed = JSON.parse(await next(first) as string);
  const own: Findings["own"] = [first.protocol, first.extensions !== ""];
  const messages: Record<string, string | Uint8Array<ArrayBuffer>> = {
    "an empty text": "",
    "a text": "héllo 𝄞",
    "70 kB of text": "kilobyte".repeat(8750),
    "1 MiB of text": "0123456789abcdef".repeat(65_536),
    "no bytes": bytes(0),
    "three bytes": bytes(3),
    "70 kB": bytes(70_000),
    "1 MiB": bytes(1_048_576),
  };
  const echoes: Record<string, boolean> = {};
  for (const [name, message] of Object.entries(messages)) {
    first.send(message);
    echoes[name] = same(message, await next(first));
  }
  const numbers = Array.from({ length: 500 }, (_, index) => `number ${index}`);
  for (const text of numbers) first.send(text);
  let inOrder = true;
  for (const text of numbers) inOrder = await next(first) === text && inOrder;

  const closes: Findings["closes"] = {};
  const own3456 = closing(first);
  first.close(3456, "done");
  closes["3456 of the client"] = await own3456;
  for (
    const [name, word] of [
      ["1000 of the app", "close 1000 bye"],
      ["4000 of the app", "close 4000 enough"],
      ["no code of the app", "close none"],
      ["a message that is too long", "x".repeat(1001)],
    ] as const
  ) {
    const socket = await open("id=other&max=1000");
    const closed = closing(socket);
    socket.send(word);
    closes[name] = await closed;
  }
  return { agreed, own, echoes, inOrder, closes };
}
