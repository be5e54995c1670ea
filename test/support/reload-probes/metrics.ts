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
});
