import { afterAll, beforeAll } from 'vitest';
import { startBroker, type TestBroker } from './broker.ts';

/**
 * One broker for all tests of a file, with a listener for plain MQTT and one for WebSocket.
 * @returns the port of the one for MQTT, or of the listener named
 */
export function protocolBroker(config: Readonly<Record<string, unknown>> = {}): (listener?: 'mqtt' | 'ws') => number {
  let broker: TestBroker | undefined;
  beforeAll(async () => {
    broker = await startBroker({
      listeners: [
        { name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] },
        { name: 'ws', bind: '127.0.0.1:0', tls: 'off', accept: ['websocket'] },
      ],
      store: { type: 'memory' },
      ...config,
    });
  });
  afterAll(() => broker?.[Symbol.asyncDispose]());
  return (listener = 'mqtt') => broker?.port(listener) ?? 0;
}
