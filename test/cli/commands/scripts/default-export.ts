/** A script that starts no server, and exports a handler instead. */

export default {
  fetch(): Response {
    return new Response("exported\n");
  },
};
