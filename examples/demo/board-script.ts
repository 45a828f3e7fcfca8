/** The browser's side of the board: a WebSocket, and the pen. */

import { MOST_LINES } from "./board.ts";
import { HEIGHT, MOST_POINTS, WIDTH } from "./stroke.ts";

export const boardScript: string = String.raw`
const element = (id) => document.getElementById(id);
const board = element("board");

// The lines
const lines = new Map();

function show({ id, ink, points }) {
  let line = lines.get(id);
  if (line === undefined) {
    line = document.createElementNS(board.namespaceURI, "polyline");
    line.setAttribute("class", "ink" + ink);
    line.setAttribute("points", "");
    lines.set(id, board.appendChild(line));
  }
  line.setAttribute("points", line.getAttribute("points") + " " + points);
  for (const [oldest, line] of lines) {
    if (lines.size <= ${MOST_LINES}) break;
    line.remove();
    lines.delete(oldest);
  }
}

function showAll(all) {
  board.replaceChildren();
  lines.clear();
  for (const line of all) show(line);
}

// The socket
const url = new URL("board", document.baseURI);
url.protocol = url.protocol.replace("http", "ws");
let socket;
let failures = 0;

function connect() {
  socket = new WebSocket(url);
  socket.addEventListener("message", ({ data }) => {
    failures = 0;
    document.body.classList.add("online");
    const news = JSON.parse(data);
    if ("lines" in news) showAll(news.lines);
    else if ("here" in news) say(visitors(news.here));
    else show(news);
  });
  socket.addEventListener("close", closed);
}

async function closed({ code, reason }) {
  document.body.classList.remove("online");
  failures += 1;
  setTimeout(connect, Math.min(500 * 2 ** failures, 30_000));
  const text = code >= 4000 ? reason : await obstacle();
  if (socket.readyState !== WebSocket.OPEN) say(text);
}

// A browser hides why a socket failed: the answer to another request says it.
async function obstacle() {
  const outOfTouch = "Out of touch with the server, trying again";
  // A single failure may be a restart.
  if (failures === 1) return outOfTouch;
  const options = { method: "POST", signal: AbortSignal.timeout(5000) };
  const answer = await fetch("board", options).catch(() => Response.error());
  if (![403, 501].includes(answer.status)) return outOfTouch;
  return "No drawing here. " + await answer.text() + " The demo’s README says what to do.";
}

function say(text) {
  element("board-state").textContent = text;
}

function visitors(count) {
  return count === 1 ? "You are alone here: open this page once more" : count + " pages show this board";
}

// The pen
let stroke = [];
let begins = false;
let timer;

board.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  flush();
  board.setPointerCapture(event.pointerId);
  begins = true;
  // Twice, so that a tap is a dot.
  draw(at(event), at(event));
});

board.addEventListener("pointermove", (event) => {
  if (!board.hasPointerCapture(event.pointerId)) return;
  const moves = event.getCoalescedEvents?.() ?? [];
  draw(...(moves.length > 0 ? moves : [event]).map(at));
});

function at({ clientX, clientY }) {
  const { left, top, width, height } = board.getBoundingClientRect();
  const within = (part, most) => Math.round(most * Math.min(1, Math.max(0, part)));
  return [within((clientX - left) / width, ${WIDTH}), within((clientY - top) / height, ${HEIGHT})];
}

function draw(...points) {
  stroke.push(...points);
  timer ??= setTimeout(flush, 25);
}

function flush() {
  clearTimeout(timer);
  timer = undefined;
  const ink = Number(document.querySelector("#inks :checked").value);
  while (stroke.length > 0) {
    const points = stroke.splice(0, ${MOST_POINTS}).flat();
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ ink, begins, points }));
    begins = false;
  }
}

element("tools").addEventListener("submit", (event) => {
  // Without a socket the form is sent.
  if (socket.readyState !== WebSocket.OPEN) return;
  event.preventDefault();
  socket.send(JSON.stringify("wipe"));
});

element("inks").hidden = false;
connect();
`;
