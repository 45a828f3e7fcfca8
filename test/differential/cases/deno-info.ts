/** What `Deno.serve` gives beside the request. */

import type { Handler, Lines, Table } from "../case.ts";

interface Info {
  remoteAddr: { transport: string; hostname: string; port: number };
  completed: Promise<void>;
}

const infoOf: (extras: { server?: unknown }) => Info = ({ server }) => server as Info;

const cases: Record<string, Handler> = {
  "info.remoteAddr": (_, { extras }) => {
    const { transport, hostname, port } = infoOf(extras).remoteAddr;
    return Response.json({ transport, hostname, port: typeof port });
  },
  "info.remoteAddr taken apart": (_, { extras }) => {
    const { remoteAddr } = infoOf(extras);
    return Response.json(Object.keys(remoteAddr).sort());
  },
  "info.completed is a Promise": (_, { extras }) =>
    Response.json([infoOf(extras).completed instanceof Promise]),
  "the same info.completed twice": (_, { extras }) =>
    Response.json([infoOf(extras).completed === infoOf(extras).completed]),
  "info.completed after a stream": () =>
    new Response(new Blob(["stream"]).stream().pipeThrough(new TransformStream())),
  "info, taken apart": (_, { extras }) => {
    const { remoteAddr, completed } = infoOf(extras);
    return Response.json([typeof remoteAddr, typeof completed]);
  },
};
const lines: Lines = cases;

export const denoTables: readonly Table[] = [
  { row: "`info.completed`", shape: { on: ["deno"], by: "run" }, cases: lines },
];
