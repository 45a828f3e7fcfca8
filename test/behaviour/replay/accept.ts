/**
 * What Cherokee makes of the bytes of a reply, stricter than it is: a reply that passes reaches the
 * browser as it was meant, from Cherokee and from the CGI parsers of Apache and IIS too.
 */

/** Cherokee answers 500 to a header block of this length, its end included. */
const HEAD_LIMIT = 8192;
/** Fields that Cherokee passes on beside its own of that name, or takes for its own. */
const NOT_OURS = [
  ...["connection", "keep-alive", "transfer-encoding", "trailer", "upgrade", "te"],
  ...["date", "server", "status"],
];
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A reply that was accepted. */
export interface Accepted {
  status: number;
  /** Names in lower case, in the order they came, without Status. */
  headers: [name: string, value: string][];
  /** The body, one character a byte. */
  body: string;
}

/**
 * Takes a reply apart, one character a byte, that was ended by the server's orderly close.
 *
 * @throws {Error} that says what the web server would trip over.
 */
export function accept(reply: string, method: string): Accepted {
  const end = reply.indexOf("\r\n\r\n");
  if (end < 0) {
    throw new Error(`there is no end of the head: ${JSON.stringify(reply.slice(0, 300))}`);
  }
  if (end + 4 >= HEAD_LIMIT) throw new Error(`the head has ${end + 4} bytes`);
  const lines = reply.slice(0, end).split("\r\n");
  const [first, ...fields] = lines.map(field);
  if (first?.[0] !== "Status") throw new Error(`the first line is ${JSON.stringify(lines[0])}`);
  const status = /^([2-5][0-9]{2}) (?=\S)(.*\S)$/.exec(first[1])?.[1];
  if (status === undefined) throw new Error(`the status is ${JSON.stringify(first[1])}`);

  const headers = fields.map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const names = headers.map(([name]) => name);
  for (const name of NOT_OURS) if (names.includes(name)) throw new Error(`${name} is sent`);
  for (const name of ["content-length", "content-type", "location"]) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw new Error(`${name} is sent twice`);
  }
  const accepted = { status: Number(status), headers, body: reply.slice(end + 4) };
  checkBody(accepted, method);
  return accepted;
}

function field(line: string): [name: string, value: string] {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) {
    throw new Error(`a control character is in ${JSON.stringify(line)}`);
  }
  // Without exactly one space Cherokee does not know its own fields.
  const at = line.indexOf(": ");
  if (at < 1 || !TOKEN.test(line.slice(0, at)) || /^ | $/.test(line.slice(at + 2))) {
    throw new Error(`no "Name: value" is ${JSON.stringify(line)}`);
  }
  return [line.slice(0, at), line.slice(at + 2)];
}

function checkBody({ status, headers, body }: Accepted, method: string): void {
  const { "content-length": length, location } = Object.fromEntries(headers);
  if (status === 200 && location !== undefined) throw new Error("200 with a Location becomes 302");
  if (length !== undefined && !/^(?:0|[1-9][0-9]*)$/.test(length)) {
    throw new Error(`the length is ${length}`);
  }
  if ((status === 204 || status === 205) && length !== undefined) {
    throw new Error(`${status} has a length`);
  }
  if (method === "HEAD" || status === 204 || status === 205 || status === 304) {
    if (body !== "") throw new Error(`a body is sent: ${body.slice(0, 100)}`);
  } else if (length !== undefined && Number(length) !== body.length) {
    throw new Error(`the length is ${length}, and ${body.length} bytes are sent`);
  }
}
