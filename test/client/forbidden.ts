/** Requests that this process may not make. */

import { fetch } from "../../src/client.ts";

for (const to of ["unix:/tmp/none.sock", "127.0.0.1:1"]) {
  await fetch("http://h/", { to }).catch((error) => console.log(error.code, error.message));
}
