/** XML-RPC over SCGI, the part of it that rtorrent speaks. */

import { type Address, fetch } from "scgi/client";

/** A parameter or a result of a method. */
export type Value = string | number | boolean | Uint8Array | Value[] | { [name: string]: Value };

/** A fault response of XML-RPC. */
export class Fault extends Error {}

/**
 * Calls a method.
 *
 * @throws {Fault} where the response is a fault; `ScgiError` where the server does not answer.
 */
export async function call(to: Address, method: string, ...params: Value[]): Promise<Value> {
  const response = await fetch("http://localhost/RPC2", {
    to,
    method: "POST",
    headers: { "content-type": "text/xml" },
    body: encodeCall(method, params),
    replyTimeout: 5000,
  });
  return decodeResponse(await response.text());
}

function encodeCall(method: string, params: Value[]): string {
  const all = params.map((param) => `<param>${encodeValue(param)}</param>`).join("");
  return `<?xml version="1.0"?><methodCall><methodName>${escape(method)}</methodName>` +
    `<params>${all}</params></methodCall>`;
}

function encodeValue(value: Value): string {
  if (typeof value === "string") return `<value><string>${escape(value)}</string></value>`;
  if (typeof value === "number") return `<value><i8>${value}</i8></value>`;
  if (typeof value === "boolean") return `<value><boolean>${Number(value)}</boolean></value>`;
  if (value instanceof Uint8Array) {
    return `<value><base64>${btoa(String.fromCharCode(...value))}</base64></value>`;
  }
  if (Array.isArray(value)) {
    return `<value><array><data>${value.map(encodeValue).join("")}</data></array></value>`;
  }
  const members = Object.entries(value).map(([name, value]) =>
    `<member><name>${escape(name)}</name>${encodeValue(value)}</member>`
  );
  return `<value><struct>${members.join("")}</struct></value>`;
}

function decodeResponse(xml: string): Value {
  const reader = new Reader(xml);
  if (reader.skipTo("fault", "params") === "fault") {
    reader.skipTo("value");
    const { faultString, faultCode } = reader.value() as Record<string, Value>;
    throw new Fault(`${faultString} (${faultCode})`);
  }
  reader.skipTo("value");
  return reader.value();
}

/** Reads tags and the text between them, in document order. */
class Reader {
  readonly #tokens: string[];
  #at = 0;

  constructor(xml: string) {
    this.#tokens = xml.match(/<[^>]*>|[^<]+/g) ?? [];
  }

  /** Moves behind the next of these tags. */
  skipTo(...names: string[]): string {
    for (;;) {
      const token = this.#next();
      const name = names.find((name) => token === `<${name}>`);
      if (name !== undefined) return name;
    }
  }

  /** Reads a value whose tag was just read. */
  value(): Value {
    const token = this.#next();
    if (token === "</value>") return "";
    if (!token.startsWith("<")) {
      // White space before a tag, or a string without a tag.
      const text = unescape(token);
      return text.trim() === "" && this.#tokens[this.#at] !== "</value>" ? this.value() : text;
    }
    const value = this.#typed(token.slice(1, -1).trim());
    this.skipTo("/value");
    return value;
  }

  #typed(type: string): Value {
    switch (type) {
      case "array":
        return [...this.#values("/array")];
      case "struct":
        return Object.fromEntries(this.#members());
      case "string":
        return this.#text();
      case "boolean":
        return this.#text() === "1";
      case "base64":
        return Uint8Array.from(atob(this.#text()), (unit) => unit.charCodeAt(0));
      case "int":
      case "i4":
      case "i8":
      case "double":
        return Number(this.#text());
      default:
        throw new Fault(`${type} is not a type of XML-RPC`);
    }
  }

  *#values(end: string): Generator<Value> {
    while (this.skipTo("value", end) === "value") yield this.value();
  }

  *#members(): Generator<[string, Value]> {
    while (this.skipTo("name", "/struct") === "name") {
      const name = this.#text();
      this.skipTo("value");
      yield [name, this.value()];
    }
  }

  #text(): string {
    const token = this.#next();
    return token.startsWith("<") ? "" : unescape(token);
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Fault("What came is no answer of XML-RPC");
    return token;
  }
}

function escape(text: string): string {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#([0-9]+)|(\w+));/gi,
    (whole, hex, decimal, name) =>
      name !== undefined
        ? NAMED[name] ?? whole
        : String.fromCodePoint(hex !== undefined ? parseInt(hex, 16) : Number(decimal)),
  );
}
