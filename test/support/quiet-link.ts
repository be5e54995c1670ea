import type { NatsLink } from '../../src/bridge/link.ts';

/** A link that takes everything and brings nothing; tests replace what they look at. */
export const quietLink: NatsLink = {
  name: 'nats',
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  publish: () => 'sent',
  subscribe: (subject) => ({ subject, unsubscribe: () => undefined }),
  request: () => new Promise(() => undefined),
  flush: () => Promise.resolve(),
  unsendable: () => undefined,
  limits: () => ({ payloadBytes: 100, lineBytes: 4_096 }),
  onForbidden: () => undefined,
  state: () => ({
    status: 'connected',
    server: 'nats://h:1',
    serverName: 's',
    sinceMs: 0,
    reconnects: 0,
    lastError: undefined,
  }),
};
