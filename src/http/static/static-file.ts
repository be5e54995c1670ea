import type { Answer } from '../router/answer.ts';
import type { RequestHead } from '../router/request.ts';
import type { Asset } from './asset.ts';

const year = 31_536_000;

/** A file as the client takes it: compressed or not, or only that it has not changed. */
export function staticFile({ headers }: Pick<RequestHead, 'headers'>, asset: Asset): Answer {
  const gzipped = acceptsGzip(headers['accept-encoding'] ?? '') ? asset.gzipped : undefined;
  const etag = gzipped === undefined ? `"${asset.etag}"` : `"${asset.etag}-gz"`;
  const common = {
    'Cache-Control': asset.isHashed ? `public, max-age=${year}, immutable` : 'no-cache',
    ETag: etag,
    Vary: 'Accept-Encoding',
  };
  if (matches(headers['if-none-match'], etag)) return { status: 304, headers: common };
  return {
    status: 200,
    headers: {
      ...common,
      'Content-Type': asset.type,
      ...(gzipped === undefined ? {} : { 'Content-Encoding': 'gzip' }),
    },
    body: gzipped ?? asset.body,
  };
}

/** RFC 9110 12.5.3: `q=0` refuses a coding. */
const acceptsGzip = (header: string): boolean =>
  header.split(',').some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding));

/** RFC 9110 13.1.2: compared weakly. */
const matches = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
