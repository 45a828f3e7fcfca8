const form = (side, path, fields, headers = {}) =>
  side.ask(path, {
    method: "POST",
    headers: {
      origin: side.origin,
      "x-forwarded-proto": "http",
      accept: "text/html",
      ...headers,
    },
    body: new URLSearchParams(fields),
  });
const GAME = { cookie: `sverdle=${encodeURIComponent("42-crane     -_____")}` };

/** The first of the files that a page names. */
async function asset(side, init) {
  const { body } = await side.ask("/sverdle");
  const [path] = body.match(/_app\/immutable\/[\w/.-]+\.css/);
  return { path, reply: await side.ask(`/${path}`, init) };
}

export const client = {
  "promises of a page are sent as they are kept": (side) => side.parts("/stream"),
  "promises of a page's data are sent as they are kept": (side) =>
    side.parts("/stream/__data.json"),
  "a page that was made beforehand is sent": (side) => side.ask("/about"),
  "a page is sent": (side) => side.ask("/sverdle", { headers: GAME }),
  "a page's data are sent": (side) => side.ask("/sverdle/__data.json", { headers: GAME }),
  "HEAD of a page is answered": (side) => side.ask("/sverdle", { method: "HEAD", headers: GAME }),
  "a slash at the end is redirected": (side) => side.ask("/sverdle/?a=b"),
  "an unknown page is refused": (side) => side.ask("/none"),
  "a form is read": (side) => form(side, "/sverdle?/update", { key: "a" }, GAME),
  "a form from another site is refused": (side) =>
    form(side, "/sverdle?/update", { key: "a" }, { origin: "http://else.test" }),
  "a form's action is answered as JSON": (side) =>
    form(side, "/sverdle?/update", { key: "a" }, { ...GAME, accept: "application/json" }),
  "an unknown action is refused": (side) => form(side, "/sverdle?/none", {}, GAME),
  "a style sheet is sent": (side) => asset(side),
  "a part of a style sheet is sent": (side) =>
    asset(side, { headers: { range: "bytes=5-9", "accept-encoding": "identity" } }),
  "HEAD of a style sheet is answered": (side) => asset(side, { method: "HEAD" }),
  async "a style sheet that is known is not sent again"(side) {
    const { reply } = await asset(side);
    const etag = reply.headers.find((line) => line.startsWith("etag: "))?.slice(6);
    return { etag, again: await asset(side, { headers: { "if-none-match": etag ?? '"a"' } }) };
  },
  "a file is sent": (side) => side.ask("/robots.txt"),
};
