// The beginning of a text → a brotli stream that is not ended yet, and back. The server goes on with the rest as it is
// (RFC 7932 §9.2: meta-blocks begin where the one before has ended, here at a whole byte), so it needs no compressor.
import { brotliDecompressSync, constants, createBrotliCompress } from "node:zlib";

/** The one byte that ends a stream. */
export const END = Buffer.from([3]);

/** Compresses `text`; the stream stops at a whole byte and waits for more. */
export async function begun(text) {
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
  };
  const stream = createBrotliCompress({ params });
  const parts = [];
  stream.on("data", (part) => parts.push(part));
  stream.write(text);
  await new Promise((done) => stream.flush(constants.BROTLI_OPERATION_FLUSH, done));
  return Buffer.concat(parts);
}

/** The text of a beginning. */
export const finished = (bytes) => brotliDecompressSync(Buffer.concat([bytes, END])).toString();
