// src/ → flux.js, which the program embeds and serves, its compressed beginning flux.js.br, and dist/, the npm package.
// With --check nothing is written and it fails unless both files are what the sources make; with --package only
// dist/ is made.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { begun, finished } from "./brotli.mjs";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));

// Whatever a browser lacks, the page never hears of it. The account's settings are passed in at the end, so that all
// before them is the same in every account and is compressed here, once.
const PLACE = "RUNNEL_SETTINGS";
const guarded = {
  define: { [PLACE]: "_settings" },
  banner: { js: "try{(function(_settings){" },
  footer: { js: `})(${PLACE})}catch(e){}` },
};
const common = { bundle: true, target: "es2015", charset: "utf8", write: false, logLevel: "warning" };
const served = await build({ ...common, ...guarded, entryPoints: ["src/flux.ts"], format: "iife", minify: true });
const fresh = served.outputFiles[0].text;
const beginning = fresh.slice(0, fresh.indexOf(PLACE));

if (process.argv.includes("--check")) {
  if (fresh !== readFileSync("flux.js", "utf8")) {
    console.error("flux.js is not what src/ makes: run `npm run build` in tag/ and commit it");
    process.exit(1);
  }
  if (beginning !== finished(readFileSync("flux.js.br"))) {
    console.error("flux.js.br is not the beginning of flux.js: run `npm run build` in tag/ and commit it");
    process.exit(1);
  }
  console.log("flux.js is what src/ makes");
} else {
  if (!process.argv.includes("--package")) {
    writeFileSync("flux.js", fresh);
    writeFileSync("flux.js.br", await begun(beginning));
  }
  rmSync("dist", { recursive: true, force: true });
  await build({ ...common, target: "es2020", entryPoints: ["src/index.ts"], format: "esm", outfile: "dist/index.js", write: true });
  execFileSync("node_modules/.bin/tsc", ["-p", "tsconfig.dist.json"], { stdio: "inherit" });
}
