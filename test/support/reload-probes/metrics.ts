import type { Probes } from './probe.ts';

const addresses = ['192.0.2.0/24'];

/** @param other files that are there */
export const metricsProbes = (other: (name: string) => string): Probes => ({
  'metrics.allow.addresses': {
    change: { metrics: { allow: { addresses } } },
    is: addresses,
    see: (world) => world.metricsAddresses(),
  },
  'metrics.allow.token': {
    change: { metrics: { allow: { token: { file: other('metrics-token') } } } },
    is: 200,
    async see(world) {
      const headers = { 'x-forwarded-for': '192.0.2.7', authorization: 'Bearer a token of the test' };
      return (await world.http('/metrics', { headers })).statusCode;
    },
  },
  'metrics.sysTopics': {
    from: { metrics: { sysTopics: '0s' } },
    change: { metrics: { sysTopics: '1s' } },
    is: '$SYS/broker/uptime',
    seenAfterOnly: true,
    async see(world) {
      const { client } = await world.connect();
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$SYS/broker/uptime', qos: 0 }] });
      for (;;) {
        const packet = await client.next();
        if (packet?.cmd !== 'suback') return packet?.cmd === 'publish' ? packet.topic : packet?.cmd;
      }
    },
  },
});
