const form = () => {
  const form = new FormData();
  form.set("name", "Ada");
  form.set("file", new File(["a file"], "a.txt", { type: "text/plain" }));
  return form;
};

export const client = {
  "stream sends bytes as they are made": (side) => side.parts("/bytes"),
  "streamText sends text as it is made": (side) => side.parts("/text"),
  "streamSSE sends events as they are made": (side) => side.parts("/events"),
  "Suspense sends its parts as they are made": (side) => side.parts("/page"),
  "cookies are set": (side) => side.ask("/count", { headers: { cookie: "count=4; other=x" } }),
  "a form with a file is read": (side) => side.ask("/form", { method: "POST", body: form() }),
  "a redirect is sent": (side) => side.ask("/old"),
};
