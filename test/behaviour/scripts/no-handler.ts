/** A module that has no handler. */

export default { port: 4000 };
