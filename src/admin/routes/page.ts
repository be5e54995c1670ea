import type { Asset, Assets } from '../assets.ts';
import { type AdminApp, type AdminContext, createApp, sentence } from '../http.ts';

const year = 31_536_000;

/**
 * `/` and the files it loads.
 * @param read called at the first request, and again only when it fails.
 */
export function pageRoutes(read: () => Promise<Assets>): AdminApp {
  let reading: Promise<Assets> | undefined;
  const assets = async (): Promise<Assets> => {
    reading ??= read();
    try {
      return await reading;
    } catch {
      reading = undefined;
      return new Map();
    }
  };
  const app = createApp();
  app.get('/', async (context) => {
    const page = (await assets()).get('/index.html');
    if (page !== undefined) return send(context, page);
    return sentence(context, 503, 'The console page is not built. Run "npm run build" and open it again.');
  });
  app.get('/assets/:file', async (context, next) => {
    const asset = (await assets()).get(`/assets/${context.req.param('file')}`);
    return asset === undefined ? next() : send(context, asset);
  });
  return app;
}

function send(context: AdminContext, asset: Asset): Response {
  const gzipped = acceptsGzip(context.req.header('accept-encoding') ?? '') ? asset.gzipped : undefined;
  const etag = gzipped === undefined ? `"${asset.etag}"` : `"${asset.etag}-gz"`;
  const headers = {
    'Cache-Control': asset.isHashed ? `public, max-age=${year}, immutable` : 'no-cache',
    ETag: etag,
    Vary: 'Accept-Encoding',
  };
  if (matches(context.req.header('if-none-match'), etag)) return context.body(null, 304, headers);
  const body = gzipped ?? asset.body;
  return context.body(body, 200, {
    ...headers,
    'Content-Type': asset.type,
    'Content-Length': String(body.length),
    ...(gzipped === undefined ? {} : { 'Content-Encoding': 'gzip' }),
  });
}

/** RFC 9110 12.5.3: `q=0` refuses a coding. */
const acceptsGzip = (header: string): boolean =>
  header.split(',').some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding));

/** RFC 9110 13.1.2: compared weakly. */
const matches = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
