// The size of the script in each form that is served, with the settings of an account that has one tracking domain, and
// whether each is within its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const SETTINGS = '{"domains":["go.example.com"],"off":[],"consent":""}';
/** What frames the part that brotli leaves as it is: three bytes before it and one behind. */
const FRAME_BYTES = 4;

const read = (name) => readFileSync(new URL(name, import.meta.url));
const [beginning, end] = read("flux.js").toString().split("RUNNEL_SETTINGS");
const raw = Buffer.from(beginning + SETTINGS + end);
const rows = [
  ["raw", raw.length, 6144],
  ["gzip", gzipSync(raw, { level: 9 }).length, 3072],
  ["brotli", read("flux.js.br").length + FRAME_BYTES + Buffer.byteLength(SETTINGS + end), 2816],
];
for (const row of [["flux.js", "bytes", "budget"], ...rows]) {
  const [name, bytes, budget] = row.map(String);
  console.log(name.padEnd(8) + bytes.padStart(8) + budget.padStart(8));
}
for (const [name, bytes, budget] of rows.filter(([, bytes, budget]) => bytes > budget)) {
  console.error(`flux.js is ${bytes - budget} bytes over its budget as ${name}`);
  process.exitCode = 1;
}
