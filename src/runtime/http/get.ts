/**
 * Gets a text over HTTP from a TCP address or a Unix socket, which `fetch` of Node and Deno cannot
 * reach.
 *
 * @module
 */

import type { FreeAddress } from "../../transport/socket.ts";

/** The longest text that is read, in characters. */
const MAX_LENGTH = 16_777_216;

/** A response whose body is text. */
export interface TextResponse {
  readonly status: number;
  readonly text: string;
}

/**
 * Gets the text at a path.
 *
 * @param timeout The time for the whole response, in milliseconds.
 * @throws The runtime's error where nothing answers; an error named `TimeoutError` after the time-out.
 */
export async function getText(
  address: FreeAddress,
  path: string,
  timeout: number,
): Promise<TextResponse> {
  const { request } = await import("node:http");
  const to = "unix" in address
    ? { socketPath: address.unix }
    : { host: address.hostname, port: address.port };
  return await new Promise((resolve, reject) => {
    const headers = { connection: "close", host: "localhost" };
    const timer = setTimeout(() => {
      sent.destroy();
      reject(new DOMException(`No response within ${timeout} ms`, "TimeoutError"));
    }, timeout);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    const sent = request({ ...to, path, headers, agent: false }, (response) => {
      const { statusCode: status = 0 } = response;
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (text.length > MAX_LENGTH) sent.destroy(new Error("The response is too long"));
      });
      response.on("error", fail).on("end", () => {
        clearTimeout(timer);
        resolve({ status, text });
      });
    });
    sent.on("error", fail).end();
  });
}
