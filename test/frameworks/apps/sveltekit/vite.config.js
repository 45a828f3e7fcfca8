import deno from "@deno/svelte-adapter";
import { sveltekit } from "@sveltejs/kit/vite";
import bun from "svelte-adapter-bun";
import { defineConfig } from "vite";

const adapters = [bun({ out: "build/bun" }), deno()];
export default defineConfig({
  plugins: [
    sveltekit({
      compilerOptions: {
        runes: ({ filename }) => filename.split("/").includes("node_modules") ? undefined : true,
      },
      adapter: {
        name: "all",
        async adapt(builder) {
          for (const adapter of adapters) await adapter.adapt(builder);
        },
      },
    }),
  ],
});
