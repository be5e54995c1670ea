import { startBroker } from './broker.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A broker with one listener, plain TCP, and a store of this type, which logs errors only. */
export interface StoreBroker extends AsyncDisposable {
  readonly port: number;
}

export async function startStoreBroker(type: 'memory' | 'disk'): Promise<StoreBroker> {
  const directory = await temporaryDirectory();
  const broker = await startBroker({
    listeners: [{ name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] }],
    log: { level: 'error' },
    store: { type, directory: directory.path },
  });
  return {
    port: broker.port('mqtt'),
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
