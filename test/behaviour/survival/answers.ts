/** What is no Response, or one that fails, in every way that an app could think of. */

const thrown = (): never => {
  throw new Error("It fails");
};

/** A Response of which a property fails to be read. */
function failing(name: string): Response {
  return Object.defineProperty(new Response("x"), name, { get: thrown });
}

/** A Response whose body has a reader that is no reader. */
function reads(reader: object): Response {
  const stream = new ReadableStream({ pull() {} });
  Object.defineProperty(stream, "getReader", { value: () => reader });
  const response = new Response(new ReadableStream());
  return Object.defineProperty(response, "body", { value: stream });
}

const first = { done: false, value: new Uint8Array(1) };

/** All of them. */
export const answers: Readonly<Record<string, () => unknown>> = {
  "headers fail": () => failing("headers"),
  "status fails": () => failing("status"),
  "statusText fails": () => failing("statusText"),
  "body fails": () => failing("body"),
  "bodyUsed fails": () => failing("bodyUsed"),
  "status is a symbol": () =>
    Object.defineProperty(new Response("x"), "status", { value: Symbol() }),
  "headers are none": () => Object.defineProperty(new Response("x"), "headers", { value: 1 }),
  "headers' forEach fails": () => {
    const response = new Response("x");
    Object.defineProperty(response.headers, "forEach", { value: thrown });
    return response;
  },
  "body is none": () =>
    Object.defineProperty(new Response(new ReadableStream()), "body", { value: {} }),
  "reader gives nothing": () => reads({ read: () => Promise.resolve() }),
  "reader gives null later": () => {
    let reads_ = 0;
    return reads({ read: () => Promise.resolve(reads_++ === 0 ? first : null) });
  },
  "reader gives no promise": () => reads({ read: () => 1 }),
  "reader cannot cancel": () => {
    let reads_ = 0;
    return reads({ read: () => reads_++ === 0 ? Promise.resolve(first) : new Promise(() => {}) });
  },
  "reader's cancel throws": () => {
    let reads_ = 0;
    return reads({
      read: () => reads_++ === 0 ? Promise.resolve(first) : new Promise(() => {}),
      cancel: thrown,
    });
  },
  "thenable that calls twice": () => ({
    then(resolve: (response: Response) => void) {
      resolve(new Response("first"));
      resolve(new Response("second"));
    },
  }),
  "thenable that calls and throws": () => ({
    then(resolve: (response: Response) => void) {
      resolve(new Response("first"));
      thrown();
    },
  }),
  "thenable that resolves and rejects": () => ({
    then(resolve: (response: Response) => void, reject: (error: Error) => void) {
      resolve(new Response("first"));
      reject(new Error("second"));
    },
  }),
  "thenable of a thenable that throws": () => ({
    then(resolve: (value: unknown) => void) {
      resolve({ then: thrown });
    },
  }),
  "promise whose then throws": () =>
    Object.defineProperty(Promise.resolve(new Response("x")), "then", { value: thrown }),
  "promise whose constructor fails": () =>
    Object.defineProperty(Promise.resolve(new Response("x")), "constructor", { get: thrown }),
  "proxy of a Response": () => new Proxy(new Response("x"), {}),
  "proxy that fails": () => new Proxy(new Response("x"), { getPrototypeOf: thrown, get: thrown }),
  symbol: () => Symbol("no Response"),
  "throws a symbol": () => {
    throw Symbol("thrown");
  },
};
