const form = () => {
  const form = new FormData();
  form.set("title", "A title");
  form.set("file", new File(["a file"], "a.txt", { type: "text/plain" }));
  return form;
};
const json = (value) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

export const client = {
  "a generator's text is sent as it is made": (side) => side.parts("/text"),
  "a generator's events are sent as they are made": (side) => side.parts("/events"),
  "a static reply is sent": (side) => side.ask("/"),
  "HEAD of a static reply is answered": (side) => side.ask("/", { method: "HEAD" }),
  "parameters are read": (side) => side.ask("/id/7?a=b&a=c"),
  "JSON is read and sent": (side) => side.ask("/json", json({ name: "Ada", age: 36 })),
  "JSON that is not valid is refused": (side) => side.ask("/json", json({ name: 1 })),
  "a form with a file is read": (side) => side.ask("/upload", { method: "POST", body: form() }),
  "cookies are set": (side) => side.ask("/cookie", { headers: { cookie: "visits=4" } }),
  "a file is sent": (side) => side.ask("/file"),
  "bytes are sent": (side) => side.ask("/bytes"),
  "a Blob is sent": (side) => side.ask("/blob"),
  "nothing is sent": (side) => side.ask("/nothing"),
  "a number is sent": (side) => side.ask("/number"),
  "a Response is sent": (side) => side.ask("/form"),
  "a status is sent": (side) => side.ask("/teapot"),
  "a redirect is sent": (side) => side.ask("/old"),
  "an error is sent": (side) => side.ask("/throws"),
  "an unknown path is refused": (side) => side.ask("/none"),
  "headers are read": (side) => side.ask("/headers", { headers: { "x-name": "Ada" } }),
};
