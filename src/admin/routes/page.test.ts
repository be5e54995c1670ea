import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { webOf } from '../../../test/support/web.ts';
import { toAsset } from '../../http/static/asset.ts';
import type { Assets } from '../../http/static/assets.ts';
import { pageRoutes } from './page.ts';

const page = '<!doctype html><title>console</title>'.repeat(20);
const script = 'console.log("a script");'.repeat(40);

async function assets(): Promise<Assets> {
  const files = { '/index.html': page, '/assets/main-ABCD1234.js': script, '/assets/tiny-ABCD1234.css': 'a{}' };
  const read = Object.entries(files).map(
    async ([path, text]) => [path, await toAsset(path, Buffer.from(text))] as const,
  );
  return new Map(await Promise.all(read));
}
const app = webOf(pageRoutes(assets));

test('the page is asked for anew each time, its files may be kept for ever', async () => {
  const html = await app.request('/');
  expect(await html.text()).toBe(page);
  expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(html.headers.get('cache-control')).toBe('no-cache');
  const main = await app.request('/assets/main-ABCD1234.js');
  expect(await main.text()).toBe(script);
  expect(main.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(main.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(main.headers.get('vary')).toBe('Accept-Encoding');
});

test.each(['gzip', 'br, gzip;q=0.5', 'GZIP'])('a file is compressed for "%s"', async (coding) => {
  const response = await app.request('/assets/main-ABCD1234.js', { headers: { 'accept-encoding': coding } });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  const body = Buffer.from(await response.arrayBuffer());
  expect(response.headers.get('content-length')).toBe(String(body.length));
  expect(gunzipSync(body).toString()).toBe(script);
});

test.each(['', 'br', 'gzip;q=0', 'gzip;q=0.000', 'xgzip'])(
  'a file is sent as it is for "%s" (RFC 9110 12.5.3)',
  async (coding) => {
    const response = await app.request('/assets/main-ABCD1234.js', { headers: { 'accept-encoding': coding } });
    expect(response.headers.get('content-encoding')).toBeNull();
  },
);

test('a file that would grow is not compressed', async () => {
  const response = await app.request('/assets/tiny-ABCD1234.css', { headers: { 'accept-encoding': 'gzip' } });
  expect(response.headers.get('content-encoding')).toBeNull();
});

test('a browser that has the file is told so, each coding by itself (RFC 9110 13.1.2)', async () => {
  const etag = (await app.request('/')).headers.get('etag') ?? '';
  const same = await app.request('/', { headers: { 'if-none-match': `"other", W/${etag}` } });
  expect(same.status).toBe(304);
  expect(await same.text()).toBe('');
  const gzipped = await app.request('/', { headers: { 'if-none-match': etag, 'accept-encoding': 'gzip' } });
  expect(gzipped.status).toBe(200);
});

test.each(['/assets/absent.js', '/assets/..%2findex.html', '/assets/__proto__', '/index.html', '/assets/'])(
  '%s is not there',
  async (path) => expect((await app.request(path)).status).toBe(404),
);

test('a page that is not built is said so, and found once it is', async () => {
  let attempts = 0;
  const late = webOf(pageRoutes(() => (attempts++ === 0 ? Promise.reject(new Error('ENOENT')) : assets())));
  const missing = await late.request('/');
  expect(missing.status).toBe(503);
  expect(await missing.text()).toContain('npm run build');
  expect((await late.request('/')).status).toBe(200);
  expect((await late.request('/')).status).toBe(200);
  expect(attempts).toBe(2);
});
