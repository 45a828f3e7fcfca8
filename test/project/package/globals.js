// Imports all of the package and prints what that has changed of what all modules share.
import process from "node:process";

/** Everything that belongs to a global object, a global function or the prototype of one. */
function everything() {
  const objects = { globalThis };
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    // Some are made when they are first asked for.
    const value = globalThis[name];
    if (typeof value !== "function") continue;
    objects[name] = value;
    if (value.prototype) objects[`${name}.prototype`] = value.prototype;
  }
  const all = new Map();
  for (const [name, object] of Object.entries(objects)) {
    const descriptors = Object.getOwnPropertyDescriptors(object);
    for (const key of Reflect.ownKeys(descriptors)) {
      for (const [part, value] of Object.entries(descriptors[key])) {
        all.set(`${name}.${String(key)}: ${part}`, value);
      }
    }
  }
  for (const name of process.eventNames()) {
    all.set(`process.on ${String(name)}`, process.listenerCount(name));
  }
  return all;
}

function differences(a, b) {
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) =>
    !Object.is(a.get(key), b.get(key))
  );
}

everything();
const before = everything();
// Bun makes a few anew whenever they are read.
const restless = differences(before, everything());
for (const name of process.argv.slice(2)) await import(name);
const changed = differences(before, everything()).filter((key) => !restless.includes(key));
console.log(JSON.stringify({ seen: before.size, changed }));
