// Writes address ranges as a database in MaxMind's format (version 2.0), so that one reader serves
// our data and any the user brings.
// Promise: the same ranges give the same bytes; where ranges overlap, the earlier one holds.

const MAGIC = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
const V4_BITS = 32n;

export class Writer {
  constructor() {
    this.zero = new Int32Array(1 << 22);
    this.one = new Int32Array(1 << 22);
    this.nodes = 1;
    this.data = [];
    this.bytes = 0;
    this.offsets = new Map();
    this.keys = new Map();
  }

  /** Adds the addresses `first`..`last` (BigInts of `bits` bits) with a flat record. */
  add(first, last, bits, record) {
    const leaf = -1 - this.value(record);
    while (first <= last) {
      let size = 0n;
      while (size < BigInt(bits) && (first & (1n << size)) === 0n && first + (2n << size) - 1n <= last) size++;
      this.insert(first, size, bits === 32 ? 96 : 0, leaf);
      first += 1n << size;
    }
  }

  /** Puts `leaf` at the network of `size` host bits that begins with `first`; IPv4 lies below ::/96. */
  insert(first, size, skip, leaf) {
    const bits = (skip ? V4_BITS : 128n) - size;
    const depth = skip + Number(bits);
    const path = first >> size;
    let node = 0;
    for (let level = 0; level < depth; level++) {
      const after = BigInt(depth - level - 1);
      const side = level < skip || ((path >> after) & 1n) === 0n ? this.zero : this.one;
      if (side[node] < 0) return;
      if (level === depth - 1) {
        if (side[node] === 0) side[node] = leaf;
        return;
      }
      if (side[node] === 0) side[node] = this.grow();
      node = side[node];
    }
  }

  grow() {
    if (this.nodes === this.zero.length) {
      for (const side of ['zero', 'one']) {
        const larger = new Int32Array(this[side].length * 2);
        larger.set(this[side]);
        this[side] = larger;
      }
    }
    return this.nodes++;
  }

  /** Offset of the record in the data section; equal records are written once. */
  value(record) {
    const id = JSON.stringify(record);
    if (!this.offsets.has(id)) {
      const entries = Object.entries(record).map(([key, value]) => [this.key(key), encode(value)]);
      this.offsets.set(id, this.push(Buffer.concat([head(7, entries.length), ...entries.flat()])));
    }
    return this.offsets.get(id);
  }

  /** A pointer to the key's text, which is written once. */
  key(text) {
    if (!this.keys.has(text)) this.keys.set(text, this.push(encode(text)));
    const at = this.keys.get(text);
    return Buffer.from([0x20 | (at >> 8), at & 0xff]);
  }

  push(bytes) {
    this.data.push(bytes);
    this.bytes += bytes.length;
    return this.bytes - bytes.length;
  }

  finish(type, description, epoch) {
    const tree = Buffer.alloc(this.nodes * 8);
    for (let node = 0; node < this.nodes; node++) {
      tree.writeUInt32BE(this.record(this.zero[node]), node * 8);
      tree.writeUInt32BE(this.record(this.one[node]), node * 8 + 4);
    }
    const about = {
      node_count: { uint32: this.nodes }, record_size: { uint16: 32 }, ip_version: { uint16: 6 },
      binary_format_major_version: { uint16: 2 }, binary_format_minor_version: { uint16: 0 },
      build_epoch: { uint64: epoch }, database_type: type, languages: ['en'], description: { en: description },
    };
    return Buffer.concat([tree, Buffer.alloc(16), ...this.data, MAGIC, encode(about)]);
  }

  record(side) {
    if (side > 0) return side;
    return side === 0 ? this.nodes : this.nodes + 16 + (-1 - side);
  }
}

const NUMBERS = { uint16: 5, uint32: 6, uint64: 9 };

function encode(value) {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([head(2, text.length), text]);
  }
  if (typeof value === 'number') return encode({ uint32: value });
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map(encode)]);
  const [kind] = Object.keys(value);
  if (kind in NUMBERS) return number(NUMBERS[kind], value[kind]);
  const entries = Object.entries(value);
  return Buffer.concat([head(7, entries.length), ...entries.flatMap(([k, v]) => [encode(k), encode(v)])]);
}

function number(type, value) {
  const digits = [];
  for (let rest = BigInt(value); rest > 0n; rest >>= 8n) digits.unshift(Number(rest & 255n));
  return Buffer.concat([head(type, digits.length), Buffer.from(digits)]);
}

/** Control byte(s): types above 7 follow in a byte of their own; sizes from 29 in one or two. */
function head(type, size) {
  const short = size < 29 ? size : size < 285 ? 29 : 30;
  const extended = type > 7 ? [type - 7] : [];
  const longer = size < 29 ? [] : size < 285 ? [size - 29] : [(size - 285) >> 8, (size - 285) & 255];
  return Buffer.from([((type > 7 ? 0 : type) << 5) | short, ...extended, ...longer]);
}
