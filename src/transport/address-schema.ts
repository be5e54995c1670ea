import { z } from 'zod';

const count = z.int().min(1).max(1_000_000).optional();
const gateway = 'A gateway may hide a whole fleet behind one address, so there is no default.';
const closed = 'The connection is closed before TLS.';

export const maxConnectionsPerAddress = count.meta({
  description:
    'Connections that one address, or one IPv6 network of /64, may have on this listener at one time. Left out: no limit.',
  reload: 'component',
  limit: {
    bounds: 'address',
    why: gateway,
    client: closed,
    metric: 'connections_dropped_total{reason="address-connections"}',
  },
});

export const connectionRateSchema = z
  .strictObject({
    perAddress: count.meta({
      description:
        'Connections, with TLS or without, that one address, or one IPv6 network of /64, may begin in a minute. Left out: no limit.',
      reload: 'component',
      limit: {
        bounds: 'address',
        why: gateway,
        client: closed,
        metric: 'connections_dropped_total{reason="connection-rate"}',
      },
    }),
    overall: count.meta({
      description:
        'Connections, with TLS or without, that may begin in a second, of all clients together. Left out: no limit.',
      reload: 'component',
      limit: {
        bounds: 'listener',
        why: 'How fast a fleet may come back depends on the machine and on what is asked at CONNECT.',
        client: closed,
        metric: 'connections_dropped_total{reason="connection-rate"}',
      },
    }),
  })
  .prefault({})
  .meta({ description: 'How fast connections may begin.', reload: 'component' });
