import { createSchema, createYoga } from "graphql-yoga";
import { parts } from "../upstream.js";

export const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs: /* GraphQL */ `
      type Query {
        hello(name: String): String
        fails: String
      }
      type Mutation {
        read(file: File!): String!
      }
      type Subscription {
        part: String
      }
      scalar File
    `,
    resolvers: {
      Query: {
        hello: (_, { name }) => `Hello ${name ?? "from Yoga!"}`,
        fails: () => {
          throw new Error("on purpose");
        },
      },
      Mutation: {
        read: async (_, { file }) => `${file.name}: ${await file.text()}`,
      },
      Subscription: {
        part: {
          subscribe: () => parts("one", "two", "three"),
          resolve: (part) => part,
        },
      },
    },
  }),
});

export default yoga;
