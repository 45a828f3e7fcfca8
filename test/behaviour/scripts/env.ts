/** An app that prints what `env` holds, where the environment says that it listens. */

import process from "node:process";

const { OWN_PORT, OWN_UNIX } = process.env;

export default {
  ...(OWN_PORT === undefined ? {} : { port: OWN_PORT }),
  ...(OWN_UNIX === undefined ? {} : { unix: OWN_UNIX }),
  fetch: (_: Request, env: Record<string, unknown>) => Response.json({ ...env, pid: process.pid }),
};
