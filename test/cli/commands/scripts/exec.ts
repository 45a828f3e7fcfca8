/** Tries to run programs in the place of this one, and prints why each could not be run. */

import { exec } from "../../../../src/runtime/system/exec.ts";

const long = { LONG: "x".repeat(200_000) };

for (
  const [program, env] of [
    ["/nowhere/program", {}],
    ["/etc", {}],
    ["/etc/passwd/program", {}],
    ["/bin/true", long],
  ] as const
) {
  await exec(program, ["word"], env, []).catch(({ message }) => console.log(message));
}
