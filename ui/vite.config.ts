import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

// In the modes `fake` (a browser without the app) and `test`, the three modules through which the window talks to the
// app are replaced by stand-ins. They are reached by alias only, so a production bundle cannot contain them.
const stand = (name: string) => fileURLToPath(new URL(`./tests/fake/${name}.ts`, import.meta.url));

const stands: Record<string, string> = {
  "@tauri-apps/api/core": stand("core"),
  "@tauri-apps/api/event": stand("event"),
  "@tauri-apps/api/window": stand("window"),
};

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), mode === "test" ? svelteTesting() : []],
  clearScreen: false,
  server: { host: "127.0.0.1", port: 5173, strictPort: true },
  resolve: {
    alias: mode === "fake" || mode === "test" ? stands : {},
  },
  build: {
    target: ["es2022", "chrome109", "safari16"],
    outDir: mode === "fake" ? "dist-fake" : "dist",
    // The polyfill would be one more script; every supported web view knows modulepreload.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // What the window begins with is one file each of script and style: the app hands out one after the other.
      output: { codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] } },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    // A machine that does other things too is slow, not wrong.
    testTimeout: 60_000,
    // By itself it leaves one processor alone, which on two is half of them.
    maxWorkers: "100%",
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    env: { TZ: "Europe/Moscow" },
  },
}));
