/**
 * Finds the SCGI servers that a configuration of nginx passes requests to.
 *
 * @module
 */

import { parseAddress, type ParsedAddress } from "../../address.ts";
import { type Finding, no, note } from "./finding.ts";
import type { Located } from "./nginx-files.ts";

/** A directive `scgi_pass`. */
export interface Pass {
  /** File and line, location and server. */
  readonly where: string;
  /** The addresses; several for an `upstream`. */
  readonly addresses: readonly ParsedAddress[];
  /** The faults of its lines. */
  readonly findings: readonly Finding[];
  /** A host that the server is for. */
  readonly host: string;
  /** `scgi_buffer_size` in bytes. */
  readonly bufferBytes: number;
}

/** The settings that a block inherits. */
interface Scope {
  readonly params: readonly Located[];
  readonly settings: ReadonlyMap<string, string>;
  readonly host: string;
  readonly location: string;
}

/** Settings that count here, with nginx's own value. */
const SETTINGS = new Map([["scgi_buffer_size", "4k"], ["scgi_request_buffering", "on"]]);
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1_048_576 };
/** The variable without which a request is none of SCGI, and those that most programs need. */
const NEEDED = ["SCGI", "REQUEST_METHOD", "REQUEST_URI"];
/** Directives that pass requests by other protocols. */
const OTHER_PASSES = /^(?:proxy|fastcgi|uwsgi|grpc)_pass$/;

/** All `scgi_pass` of a configuration. */
export function findPasses(directives: readonly Located[]): Pass[] {
  const upstreams = new Map<string, Located>();
  const collect = (block: readonly Located[]): void => {
    for (const directive of block) {
      if (directive.name === "upstream") upstreams.set(directive.args[0] ?? "", directive);
      else collect(directive.block ?? []);
    }
  };
  collect(directives);
  const scope = { params: [], settings: SETTINGS, host: "localhost", location: "" };
  return passesIn(directives, scope, upstreams);
}

/** The directives that pass requests by other protocols, as `proxy_pass http://a`. */
export function otherPasses(directives: readonly Located[]): string[] {
  return directives.flatMap(({ name, args, block = [] }) =>
    OTHER_PASSES.test(name) ? [`${name} ${args.join(" ")}`] : otherPasses(block)
  );
}

function passesIn(
  block: readonly Located[],
  outer: Scope,
  upstreams: ReadonlyMap<string, Located>,
): Pass[] {
  // A block with one parameter of its own inherits none.
  const own = block.filter(({ name }) => name === "scgi_param");
  const set = block.filter(({ name }) => SETTINGS.has(name))
    .map(({ name, args }) => [name, args[0] ?? ""] as const);
  const names = block.find(({ name }) => name === "server_name")?.args ?? [];
  const scope: Scope = {
    params: own.length > 0 ? own : outer.params,
    settings: new Map([...outer.settings, ...set]),
    host: names.find((name) => /^[\w-]+(?:\.[\w-]+)*$/.test(name) && name !== "_") ?? outer.host,
    location: outer.location,
  };
  return block.flatMap((directive) => {
    const { name, args, block: inner } = directive;
    if (name === "scgi_pass") return [passOf(directive, scope, upstreams)];
    const location = name === "location" ? `location ${args.join(" ")}` : scope.location;
    return passesIn(inner ?? [], { ...scope, location }, upstreams);
  });
}

function passOf(
  { file, line, args: [target = ""] }: Located,
  { params, settings, host, location }: Scope,
  upstreams: ReadonlyMap<string, Located>,
): Pass {
  const place = location === "" ? "" : `, ${location}`;
  const at = `${file}:${line}`;
  const { addresses, findings } = addressesOf(target, at, upstreams);
  return {
    where: `${at}${place} of ${host}: scgi_pass ${target}`,
    addresses,
    findings: [
      ...findings,
      ...judgeParams(params, at),
      ...judgeUploads(params, settings, at),
    ],
    host,
    bufferBytes: bytesOf(settings.get("scgi_buffer_size")!),
  };
}

function addressesOf(
  target: string,
  at: string,
  upstreams: ReadonlyMap<string, Located>,
): { addresses: ParsedAddress[]; findings: Finding[] } {
  const text = target.replace(/^scgi:\/\//, "");
  if (text.includes("$")) {
    const why = `${at} passes to ${target}: what its variables hold is known to nginx alone`;
    return { addresses: [], findings: [note(`${why}. Give the address: scgi check ADDR`)] };
  }
  const upstream = upstreams.get(text);
  const servers = upstream === undefined
    ? [{ text, line: at }]
    : (upstream.block ?? []).filter(({ name, args }) => name === "server" && !args.includes("down"))
      .map(({ args: [server = ""], file, line }) => ({
        // The port of a server without one.
        text: /^unix:|:\d+$/.test(server) ? server : `${server}:80`,
        line: `${file}:${line}`,
      }));
  const addresses: ParsedAddress[] = [];
  const findings: Finding[] = [];
  for (const server of servers) {
    try {
      addresses.push(parseAddress(server.text));
    } catch {
      const why = "is no upstream of this file, and no unix:/path or HOST:PORT";
      findings.push(no(`${server.line} passes to ${server.text}, which ${why}`));
    }
  }
  return { addresses, findings };
}

function judgeParams(params: readonly Located[], at: string): Finding[] {
  const names = new Set(params.map(({ args }) => args[0]));
  const missing = NEEDED.filter((name) => !names.has(name));
  if (missing.length === 0) return [];
  return [
    no(
      `${at} sends no ${missing.join(", no ")}: a block with a scgi_param of its own inherits none`,
      "include scgi_params;",
    ),
  ];
}

function judgeUploads(
  params: readonly Located[],
  settings: ReadonlyMap<string, string>,
  at: string,
): Finding[] {
  if (settings.get("scgi_request_buffering") !== "off") return [];
  if (params.some(({ args }) => args[0] === "CONTENT_LENGTH")) return [];
  return [
    no(
      `${at} has scgi_request_buffering off: nginx before 1.29.6 sends a wrong length of uploads`,
      "scgi_param CONTENT_LENGTH $content_length if_not_empty;",
    ),
  ];
}

function bytesOf(size: string): number {
  const [, number, unit = ""] = /^(\d+)([km]?)$/i.exec(size) ?? [];
  return number === undefined ? 4096 : Number(number) * UNITS[unit.toLowerCase()]!;
}
