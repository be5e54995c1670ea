import { everyone } from '../../http/router/access.ts';
import { nothingHere, sentence } from '../../http/router/answer.ts';
import { type Route, route } from '../../http/router/route.ts';
import type { Assets } from '../../http/static/assets.ts';
import { staticFile } from '../../http/static/static-file.ts';

/**
 * `/` and the files it loads.
 * @param read called at the first request, and again only when it fails.
 */
export function pageRoutes(read: () => Promise<Assets>): readonly Route[] {
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
  return [
    route('GET', '/', {
      access: everyone,
      async handle(request) {
        const page = (await assets()).get('/index.html');
        if (page !== undefined) return staticFile(request, page);
        return sentence(request, 503, 'The console page is not built. Run "npm run build" and open it again.');
      },
    }),
    route('GET', '/assets/:file', {
      access: everyone,
      async handle(request) {
        const asset = (await assets()).get(`/assets/${request.parameters.file}`);
        return asset === undefined ? nothingHere(request) : staticFile(request, asset);
      },
    }),
  ];
}
