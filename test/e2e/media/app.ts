/** A page that plays a sound, which is a file. Bun serves it by itself as well. */

import { join } from "node:path";
import process from "node:process";

declare const Bun: { file(path: string): Blob };

/** The folder of the files is the value of a variable. */
const folder = process.env.MEDIA_FOLDER!;

const page = `<!doctype html><meta charset="utf-8"><title>Sound</title>
<audio src="/sound.wav" preload="metadata" muted></audio>`;

export default {
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  fetch(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/") return new Response(page, { headers: { "content-type": "text/html" } });
    const file = Bun.file(join(folder, pathname));
    const headers = new Headers(searchParams as unknown as Headers);
    return new Response(
      pathname === "/part" ? Bun.file(join(folder, "digits")).slice(10, 50) : file,
      {
        headers,
      },
    );
  },
};
