// Runs the template's sandboxed code with stand-ins for Tag Manager's functions, and checks what it does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('template.tpl', import.meta.url), 'utf8');
const code = text.split('___SANDBOXED_JS_FOR_WEB_TEMPLATE___')[1].split('___WEB_PERMISSIONS___')[0];

/** What the tag did with these fields on a page with this `window`. */
function run(fields, window = {}) {
  const injected = [];
  const told = [];
  const functions = {
    createQueue: (path) => {
      assert.equal(path, 'flux.q');
      return (value) => window.flux.q.push(value);
    },
    encodeUriComponent: encodeURIComponent,
    injectScript: (url, success) => { injected.push(url); success(); },
    makeString: String,
    queryPermission: (name, url) =>
      name === 'inject_script' && /^https:\/\/[^/]+\/js\/flux\.js(\?.*)?$/.test(url),
    setInWindow: (name, value, override) => { if (override || !(name in window)) window[name] = value; },
  };
  const data = {
    ...fields,
    gtmOnSuccess: () => told.push('success'),
    gtmOnFailure: () => told.push('failure'),
  };
  new Function('require', 'data', code)((name) => functions[name], data);
  return { injected, told, queue: window.flux.q };
}

const domain = 'go.example.com';

const view = run({ domain, report: 'view', f: 'funnel000001', n: 'a&b', ts: '', requireConsent: true });
assert.deepEqual(view.injected, [
  'https://go.example.com/js/flux.js?f=funnel000001&n=a%26b&consent=required']);
assert.deepEqual([view.queue, view.told], [[], ['success']]);

const sale = run({ domain, report: 'conversion', rev: 12.5, tx: 'A-1', currency: undefined, status: '' });
assert.deepEqual(sale.injected, ['https://go.example.com/js/flux.js']);
assert.deepEqual(sale.queue, [['track', 'conversion', { rev: '12.5', tx: 'A-1' }]]);

const free = run({ domain, report: 'conversion', rev: 0 });
assert.deepEqual(free.queue, [['track', 'conversion', { rev: '0' }]]);

const lead = run({ domain, report: 'event', name: 'lead', p: 'offer0000001' });
assert.deepEqual(lead.queue, [['track', 'event', { name: 'lead', p: 'offer0000001' }]]);

const calls = [];
const page = { flux: { q: { push: (call) => calls.push(call) }, track() {} } };
run({ domain, report: 'conversion' }, page);
assert.deepEqual(calls, [['track', 'conversion', {}]], 'a tag that is loaded takes the call at once');
assert.equal(typeof page.flux.track, 'function', 'what the page has stays');

const wrong = run({ domain: 'evil.example/x?', report: 'view' });
assert.deepEqual([wrong.injected, wrong.told], [[], ['failure']]);
