/** What clients of apps with WebSockets have in common. */

/** A socket at a path, and the messages that came to it. */
export async function open(side, path, protocols) {
  const socket = new WebSocket(
    `${side.origin.replace("http", "ws")}${path}`,
    protocols,
  );
  socket.binaryType = "arraybuffer";
  const came = [];
  let tell;
  socket.onmessage = ({ data }) => {
    came.push(typeof data === "string" ? data : [...new Uint8Array(data)]);
    tell?.();
  };
  const closed = new Promise((resolve) =>
    socket.onclose = ({ code, reason, wasClean }) => resolve([code, reason, wasClean])
  );
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("It did not open."));
  });
  /** Waits until so many messages have come. */
  const until = async (count) => {
    while (came.length < count) await new Promise((resolve) => tell = resolve);
    return came;
  };
  return { socket, closed, until };
}

/** How the socket of a room was closed, as the app was told. */
export async function closeOf(side, room) {
  for (;;) {
    const { body } = await side.ask(`/closed?room=${room}`);
    if (body !== "null") return body;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The headers of a handshake, for a request that is answered otherwise. */
export const HANDSHAKE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Sends a text, bytes, and the text that asks for bytes in the room "echo", and gives what came. */
export async function echoed(side, path) {
  const { socket, closed, until } = await open(side, path);
  socket.send("hé");
  socket.send(new Uint8Array([104, 105]));
  socket.send("bytes");
  const came = await until(4);
  socket.close(3456, "done");
  return [came, await closed, await closeOf(side, "echo")];
}

/** Lets an app close the socket of the room "close", and gives how both sides were told. */
export async function closedByApp(side, path) {
  const { socket, closed } = await open(side, path);
  socket.send("close");
  return [await closed, await closeOf(side, "close")];
}

/** Lets two sockets of a room tell each other something, and gives what came and how they closed. */
export async function tellEachOther(side) {
  const [one, two] = [await open(side, "/talk"), await open(side, "/talk")];
  await Promise.all([one.until(1), two.until(1)]);
  one.socket.send("tell the other");
  await two.until(2);
  two.socket.send("tell back");
  const came = [await one.until(2), await two.until(2)];
  for (const { socket } of [one, two]) socket.close(1000);
  return [came, await one.closed, await two.closed];
}
