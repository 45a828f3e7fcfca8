/**
 * All that is checked of one address.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { resolve } from "node:path";
import { formatAddress, type ParsedAddress } from "../../address.ts";
import { checkAnswer, type Question } from "./answer.ts";
import { type Finding, no, note, ok } from "./finding.ts";
import { covers, type ListeningSocket, tcpListeners, unixListeners } from "./listeners.ts";
import { checkPath } from "./path.ts";
import { shellWord } from "./shell.ts";
import { ofWebServer, type User, userName } from "./user.ts";

/** A question about an address. */
export interface AddressQuestion extends Omit<Question, "listens"> {
  /** The user of this process. */
  readonly self: User;
}

/** Checks an address, from its path or port to the answer of the server. */
export function checkAddress(
  address: ParsedAddress,
  question: AddressQuestion,
): Promise<Finding[]> {
  return "unix" in address
    ? checkUnix(resolve(address.unix), question)
    : checkTcp(address as { hostname: string; port: number }, question);
}

async function checkUnix(path: string, question: AddressQuestion): Promise<Finding[]> {
  const { user, self } = question;
  const { findings, isSocket } = checkPath(path, user, self);
  if (!isSocket) return findings;
  const listeners = unixListeners(path);
  findings.push(...listening(listeners));
  const listens = listeners.length > 0;
  findings.push(...await checkAnswer({ unix: path }, { ...question, listens }));
  const other = ofWebServer();
  if (user.uid === self.uid && other !== undefined && other !== user.name) {
    findings.push(
      note(
        `This was checked for ${user.name}. For the web server's user:`,
        `scgi check ${shellWord(`unix:${path}`)} --as ${other}`,
      ),
    );
  }
  return findings;
}

async function checkTcp(
  { hostname, port }: { hostname: string; port: number },
  question: AddressQuestion,
): Promise<Finding[]> {
  const hosts = await addressesOf(hostname);
  if (hosts.length === 0) {
    return [no(`The host name ${hostname} was not found. Correct the address`)];
  }
  const listeners = tcpListeners(port);
  const findings: Finding[] = [];
  for (const host of hosts) {
    const here = listeners.filter(({ at }) => covers(at, host));
    findings.push(...listening(here));
    const answers = await checkAnswer({ hostname: host, port }, {
      ...question,
      listens: here.length > 0,
    });
    findings.push(...answers);
    const elsewhere = here.length > 0 || answers[0]?.mark === "ok" ? [] : listeners;
    for (const { at, holders } of elsewhere) {
      const address = formatAddress({ hostname: at.replace(/^::ffff:/, ""), port });
      findings.push(
        note(`${named(holders)} listens on ${address} instead. Give the web server that address`),
      );
    }
  }
  if (hosts.length > 1) {
    findings.push(
      note(
        `${hostname} is ${hosts.join(" and ")}, and a web server tries each. Name one of them`,
      ),
    );
  }
  return findings;
}

async function addressesOf(hostname: string): Promise<string[]> {
  try {
    const found = await lookup(hostname, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch {
    return [];
  }
}

/** The processes that listen. Which of several has the path, or gets a request, is not known. */
function listening(sockets: ListeningSocket[]): Finding[] {
  const seen = sockets.filter(({ holders }) => holders.length > 0);
  const [first, ...others] = seen.length > 0 ? seen : sockets.slice(0, 1);
  // Of a Unix socket that another user holds nothing is known.
  if (first === undefined || first.holders.length === 0 && first.uid === undefined) return [];
  const owner = first.uid === undefined ? "" : ` by ${userName(first.uid)}`;
  const listen = first.holders.length > 1 ? "listen" : "listens";
  const findings = [ok(`${named(first.holders)} ${listen} there, bound to ${first.at}${owner}`)];
  if (others.length > 0) {
    const more = others.map(({ at, holders }) => `${named(holders)}, bound to ${at}`).join("; ");
    const pids = seen.flatMap(({ holders }) => holders.map(({ pid }) => pid));
    findings.push(
      note(
        `Another server listens there: ${more}. Either both get requests, or one has lost its path ` +
          "to the other. Stop the one that is not meant:",
        `ps -o pid,lstart,args -p ${[...new Set(pids)].join(",")}`,
      ),
    );
  }
  return findings;
}

function named(holders: ListeningSocket["holders"]): string {
  const [first, ...more] = holders;
  if (first === undefined) return "A process";
  const rest = more.length === 0 ? "" : ` and ${more.length} more`;
  return `${first.program} (process ${first.pid})${rest}`;
}
