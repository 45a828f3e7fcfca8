/** What the apps wait for: a server of the test, which gives each part when the test lets it. */

import process from "node:process";

/** The next part of what this process is to send. */
export async function part(name) {
  const response = await fetch(`${process.env.UPSTREAM}/${name}`);
  return await response.text();
}

/** The parts, one after the other. */
export async function* parts(...names) {
  for (const name of names) yield await part(name);
}
