// Writes the small city database that tests read: node test-city.mjs OUTPUT
// Promise: two documentation networks, with the fields of MaxMind's City and Enterprise databases.

import { writeFileSync } from 'node:fs';
import { Writer } from './mmdb.mjs';

const writer = new Writer();
const [start, size] = [0xc6336400n, 256n]; // 198.51.100.0/24
writer.add(start, start + size - 1n, 32, {
  country: { iso_code: 'GB', names: { en: 'United Kingdom' } },
  subdivisions: [{ iso_code: 'ENG', names: { en: 'England' } }, { iso_code: 'OXF', names: { en: 'Oxfordshire' } }],
  city: { names: { de: 'Oxford', en: 'Oxford' } },
  location: { time_zone: 'Europe/London' },
  traits: { connection_type: 'Cellular', isp: 'Example Mobile', autonomous_system_number: 64496 },
});
const wide = 0x20010db8n << 96n; // 2001:db8::/32
writer.add(wide, wide + (1n << 96n) - 1n, 128, { country: { iso_code: 'JP' }, location: { time_zone: 'Asia/Tokyo' } });
writeFileSync(process.argv[2], writer.finish('GeoIP2-Enterprise', 'Test data of Runnel', 1_795_334_400));
