// The size of the script as it is served, and whether it is within its budget.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const BUDGET_GZIP_BYTES = 3072;

const script = readFileSync(new URL("flux.js", import.meta.url));
const gzip = gzipSync(script, { level: 9 }).length;
const rows = [
  ["flux.js", "bytes", "budget"],
  ["raw", script.length, ""],
  ["gzip", gzip, BUDGET_GZIP_BYTES],
  ["brotli", brotliCompressSync(script).length, ""],
];
for (const [name, bytes, budget] of rows) console.log(`${name.padEnd(8)}${String(bytes).padStart(8)}${String(budget).padStart(8)}`);
if (gzip > BUDGET_GZIP_BYTES) {
  console.error(`flux.js is ${gzip - BUDGET_GZIP_BYTES} bytes over its budget`);
  process.exit(1);
}
