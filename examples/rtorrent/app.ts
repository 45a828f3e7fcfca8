/** A page with the state of rtorrent, which the SCGI client asks for. */

import { Hono } from "hono";
import { html } from "hono/html";
import type { Bindings } from "scgi/hono";
import { ScgiError } from "scgi";
import { type State, stateOf, type Torrent } from "./torrents.ts";

const app = new Hono<{ Bindings: Bindings }>();

app.get("/", async (c) => c.html(page(await stateOf(c.env.RTORRENT ?? "unix:./rtorrent.sock"))));

app.onError((error, c) => {
  const known = error instanceof ScgiError;
  return c.text(`rtorrent does not answer: ${known ? error.message : "see the log"}\n`, 502);
});

function page({ version, down, up, torrents }: State) {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta http-equiv="refresh" content="5">
        <title>rtorrent</title>
        <style>
          body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
          table { border-collapse: collapse; width: 100%; }
          th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #ccc; }
        </style>
      </head>
      <body>
        <h1>rtorrent ${version}</h1>
        <p>${bytes(down)}/s down, ${bytes(up)}/s up, ${torrents.length} torrents</p>
        <table>
          <tr><th>Name</th><th>State</th><th>Done</th><th>Size</th></tr>
          ${torrents.map(row)}
        </table>
      </body>
    </html>
  `;
}

function row({ name, state, done, size }: Torrent) {
  const percent = size === 0 ? 0 : Math.floor(100 * done / size);
  return html`
    <tr>
      <td>${name}</td>
      <td>${state}</td>
      <td>${percent} %</td>
      <td>${bytes(size)}</td>
    </tr>
  `;
}

function bytes(count: number): string {
  return count < 1024 ? `${count} B` : `${(count / 1024).toFixed(0)} KiB`;
}

export default app;
