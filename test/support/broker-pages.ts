import { request } from 'node:http';
import { json } from 'node:stream/consumers';

/** What `/api/v1` answers. */
export interface BrokerPage {
  readonly items: readonly Record<string, unknown>[];
  readonly next?: string;
  readonly leftOut?: number;
}

/** @param port of a listener of the broker that accepts http. @param path below `/api/v1` */
export const readPage = (port: number, path: string): Promise<BrokerPage> =>
  new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path: `/api/v1/${path}`, agent: false }, (response) => {
      json(response).then((page) => resolve(page as BrokerPage), reject);
    });
    asked.on('error', reject).end();
  });
