const post = (body, type) => ({ method: "POST", headers: { "content-type": type }, body });

export const client = {
  "an iterable is sent as it is made": (side) => side.parts("/text"),
  "a stream is sent as it is made": (side) => side.parts("/stream"),
  "events are sent as they are made": (side) => side.parts("/events"),
  "a string is sent": (side) => side.ask("/"),
  "HEAD is answered": (side) => side.ask("/", { method: "HEAD" }),
  "parameters are read": (side) => side.ask("/hello/Ada%20L"),
  "JSON is read and sent": (side) => side.ask("/echo", post('{"a":1}', "application/json")),
  "a form is read": (side) =>
    side.ask("/echo", post("a=1&b=2", "application/x-www-form-urlencoded")),
  "JSON that is none is refused": (side) => side.ask("/echo", post("{", "application/json")),
  "cookies are set": (side) => side.ask("/cookie", { headers: { cookie: "visits=4" } }),
  "a redirect is sent": (side) => side.ask("/old"),
  "an HTTP error is sent": (side) => side.ask("/teapot"),
  "an error is sent": (side) => side.ask("/throws"),
  "an unknown path is refused": (side) => side.ask("/none"),
  "nothing is sent": (side) => side.ask("/nothing"),
  "bytes are sent": (side) => side.ask("/bytes"),
  "a Blob is sent": (side) => side.ask("/blob"),
};
