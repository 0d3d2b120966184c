/** Builds the page into one file, dist/page.html, with every script and style in it: it opens from a disk and loads nothing. */
import { join } from "node:path";
import { defineConfig, type UserConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

const config: UserConfig = defineConfig({
  root: join(import.meta.dirname, "src/page"),
  base: "./",
  // The page is built from the sources of `brigade`, so no build comes first.
  resolve: { conditions: ["@brigade/source", "module", "browser", "development|production"] },
  // A page that was opened from a disk may start a classic worker from a blob, and no module.
  worker: { format: "iife" },
  build: {
    outDir: join(import.meta.dirname, "dist"),
    // dist also holds what tsc has written.
    emptyOutDir: false,
    rolldownOptions: { input: join(import.meta.dirname, "src/page/page.html") },
    target: "es2024",
    reportCompressedSize: false,
  },
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
});

export default config;
