import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Upload } from "tus-js-client";

const BYTES = Buffer.from(new Uint8Array(300_000).map((_, at) => at % 251));

/** Uploads bytes; what was asked and answered is told, with the address of the side taken off. */
function upload(side, options, until = Infinity) {
  const seen = [];
  const { promise, resolve, reject } = Promise.withResolvers();
  const upload = new Upload(BYTES, {
    endpoint: `${side.origin}/files`,
    retryDelays: null,
    onAfterResponse: (request, response) => {
      const header = (name) => side.neutral(response.getHeader(name) ?? "");
      seen.push({
        request: `${request.getMethod()} ${side.neutral(request.getURL())}`,
        status: response.getStatus(),
        headers: ["Location", "Upload-Offset", "Upload-Length", "Tus-Resumable"].map(header),
      });
    },
    onChunkComplete: async (_, accepted) => {
      if (accepted < until) return;
      await upload.abort();
      resolve({ seen, url: upload.url });
    },
    onError: reject,
    onSuccess: () => resolve({ seen, url: upload.url }),
    ...options,
  });
  upload.start();
  return promise;
}

/** Asks for an upload, which has to be whole. */
async function whole(side, url) {
  const { body, ...reply } = await side.ask(new URL(url).pathname);
  assert.equal(body, BYTES.toString("latin1"));
  return reply;
}

export const client = {
  async "an upload arrives whole"(side) {
    const { seen, url } = await upload(side, { metadata: { filename: "whole" } });
    return { seen, reply: await whole(side, url) };
  },
  async "an upload in chunks arrives whole"(side) {
    const options = { metadata: { filename: "chunks" }, chunkSize: 100_000 };
    const { seen, url } = await upload(side, options);
    return { seen, reply: await whole(side, url) };
  },
  async "an upload that was broken off is taken up again"(side) {
    const options = { metadata: { filename: "resumed" }, chunkSize: 100_000 };
    const first = await upload(side, options, 200_000);
    const second = await upload(side, { uploadUrl: first.url });
    return { seen: [...first.seen, ...second.seen], reply: await whole(side, first.url) };
  },
  async "an upload is ended"(side) {
    const { url } = await upload(side, { metadata: { filename: "ended" } });
    await Upload.terminate(url);
    return await side.ask(new URL(url).pathname);
  },
  "what the server can is told": (side) => side.ask("/files", { method: "OPTIONS" }),
  "an upload that is unknown is refused": (side) =>
    side.ask("/files/none", { method: "HEAD", headers: { "tus-resumable": "1.0.0" } }),
  "an upload without a length is refused": (side) =>
    side.ask("/files", { method: "POST", headers: { "tus-resumable": "1.0.0" } }),
};
