import { closedByApp, echoed, HANDSHAKE, tellEachOther } from "../sockets.js";

export const client = {
  "a page is sent": (side) => side.ask("/room"),
  "a hook refuses an upgrade": (side) => side.ask("/room?refused", { headers: HANDSHAKE }),
  "texts and bytes are echoed": (side) => echoed(side, "/echo"),
  "a peer closes": (side) => closedByApp(side, "/close"),
  "a peer publishes to the others of its room": tellEachOther,
};
