import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** One file of the page, ready to send. */
export interface Asset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Present when it is smaller than the body. */
  readonly gzipped: Uint8Array<ArrayBuffer> | undefined;
  readonly etag: string;
  /** True when the name carries a hash of the content, so that it may be cached for ever. */
  readonly isHashed: boolean;
}

const types = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/** Whether files of this name are served. */
export const isAsset = (name: string): boolean => types.has(extname(name));

const compress = promisify(gzip);

/** @param path URL path; its ending decides the type. */
export async function toAsset(path: string, content: Uint8Array): Promise<Asset> {
  const gzipped = await compress(content, { level: 9 });
  return {
    type: types.get(extname(path)) ?? 'application/octet-stream',
    body: new Uint8Array(content),
    gzipped: gzipped.length < content.length ? new Uint8Array(gzipped) : undefined,
    etag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    isHashed: /-[A-Z0-9]{8}\.[a-z]+$/.test(path),
  };
}
