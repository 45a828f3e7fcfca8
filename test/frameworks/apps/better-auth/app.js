import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";

const auth = betterAuth({
  secret: "a secret of at least thirty-two characters",
  trustedOrigins: ["http://friend.test"],
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: {
    enabled: true,
    // Its own takes half a second, on purpose.
    password: {
      hash: (password) => Promise.resolve(`hash of ${password}`),
      verify: ({ hash, password }) => Promise.resolve(hash === `hash of ${password}`),
    },
  },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
});

export default { fetch: (request) => auth.handler(request) };
