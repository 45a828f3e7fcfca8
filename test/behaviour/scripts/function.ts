/** A module whose default export is a function. */

export default () => new Response("from a function\n");
