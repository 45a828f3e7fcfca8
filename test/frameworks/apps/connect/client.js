import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { TestService } from "./service.js";

const transports = {
  "Connect": (baseUrl) => createConnectTransport({ baseUrl }),
  "Connect in binary": (baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: true }),
  "Connect by GET": (baseUrl) => createConnectTransport({ baseUrl, useHttpGet: true }),
  "gRPC-web": (baseUrl) => createGrpcWebTransport({ baseUrl }),
};

const CARRIAGE = /^(?:date|server|connection|keep-alive|transfer-encoding|content-length)$/;
const listed = (headers) =>
  [...headers].filter(([name]) => !CARRIAGE.test(name)).map((pair) => pair.join(": ")).sort();

function failure(error) {
  return { code: error.code, message: error.message, why: error.metadata.get("x-why") };
}

function session(name, transport) {
  return {
    async [`a call over ${name} is answered`](side) {
      const seen = {};
      const service = createClient(TestService, transport(side.origin));
      const { sentence } = await service.say({ sentence: "hällo" }, {
        headers: { "x-greeter": "Ada" },
        onHeader: (headers) => seen.headers = listed(headers),
        onTrailer: (trailers) => seen.trailers = listed(trailers),
      });
      return { sentence, ...seen };
    },
    async [`a failure over ${name} is told`](side) {
      const service = createClient(TestService, transport(side.origin));
      return await service.fail({}).then(() => "no failure", failure);
    },
    async [`a stream over ${name} is sent as it is made`](side) {
      const service = createClient(TestService, transport(side.origin));
      const arrived = [];
      for await (const { sentence } of service.introduce({})) side.arrive(arrived, sentence);
      return { arrived };
    },
    async [`a stream over ${name} fails at its end`](side) {
      const service = createClient(TestService, transport(side.origin));
      const seen = [];
      try {
        for await (const { sentence } of service.failLate({})) seen.push(sentence);
      } catch (error) {
        seen.push(failure(error));
      }
      return seen;
    },
    async [`a stream over ${name} is left`](side) {
      const service = createClient(TestService, transport(side.origin));
      const leaves = new AbortController();
      const seen = [];
      try {
        for await (const { sentence } of service.introduce({}, { signal: leaves.signal })) {
          seen.push(sentence);
          leaves.abort();
        }
      } catch (error) {
        seen.push(failure(error));
      }
      side.upstream.next();
      side.upstream.next();
      return seen;
    },
  };
}

export const client = Object.assign(
  {},
  ...Object.entries(transports).map(([name, transport]) => session(name, transport)),
  {
    "an unknown method is refused": (side) => side.ask("/test.v1.TestService/None"),
    "a call by curl is answered": (side) =>
      side.ask("/test.v1.TestService/Say", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"sentence":"hi"}',
      }),
  },
);
