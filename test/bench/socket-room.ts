/** What a standard WebSocket does here, by its path: an echo, a member of a room, or a publisher. */

const room: Set<WebSocket> = new Set();

/** Sets the handlers of a socket. */
export function use(socket: WebSocket, path: string): void {
  socket.binaryType = "arraybuffer";
  if (path === "/echo") {
    socket.onmessage = ({ data }) => socket.send(data);
  } else if (path === "/room") {
    socket.onopen = () => room.add(socket);
    socket.onclose = () => room.delete(socket);
  } else {
    socket.onmessage = ({ data }) => {
      for (const member of room) member.send(data);
    };
  }
}
