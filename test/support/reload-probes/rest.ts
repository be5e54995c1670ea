import { writeFile } from 'node:fs/promises';
import type { Packet } from 'mqtt-packet';
import { stringify } from 'yaml';
import { readPage } from '../broker-pages.ts';
import { connectOf, dialogueOn } from '../dialogue.ts';
import type { ReloadWorld } from '../reload-world.ts';
import type { Probes } from './probe.ts';

const codeOf = (packet: Packet | undefined): unknown => packet && Reflect.get(packet, 'reasonCode');

/** CONNECT with a certificate. @returns its reason code */
const withCertificate = async (world: ReloadWorld, clientId: string): Promise<unknown> => {
  const client = dialogueOn(await world.tls('mutual', world.demo()), 5);
  return codeOf(await client.ask(connectOf(clientId)));
};

/** The last line that is written of this. */
const lineOf = (world: ReloadWorld, level: 'debug' | 'error'): string | undefined => {
  const before = world.broker.log.all().length;
  world.broker.telemetry.logger.log(level, 'a line of the test');
  return world.broker.log
    .all()
    .slice(before)
    .find((line) => line.includes('a line of the test'));
};

const read = (world: ReloadWorld, path: string) => readPage(world.broker.port('web'), path);

const bind = (certificate: object) => ({ access: { certificate } });

export const restProbes: Probes = {
  'log.level': {
    change: { log: { level: 'info', format: 'json' } },
    is: false,
    see: (world) => lineOf(world, 'debug') !== undefined,
  },
  'log.format': {
    change: { log: { level: 'debug', format: 'text' } },
    is: false,
    see: (world) => lineOf(world, 'error')?.startsWith('{'),
  },
  'console.enabled': {
    change: { console: { enabled: false } },
    is: 404,
    see: async (world) => (await world.http('/api/v1/console')).statusCode,
  },
  'console.reads': {
    change: { console: { reads: 1 } },
    is: 410,
    async see(world) {
      const { next } = await read(world, 'events');
      await read(world, 'events');
      return (await world.http(`/api/v1/events?after=${next}`)).statusCode;
    },
  },
  'console.readIdle': {
    change: { console: { readIdle: '100ms' } },
    is: true,
    seenAfterOnly: true,
    async see(world) {
      await read(world, 'events');
      const { telemetry } = world.broker;
      while (telemetry.count('console_reads_given_up_total', { cause: 'idle' }) === 0) await read(world, 'clients');
      return true;
    },
  },
  'console.eventBuffer': {
    change: { console: { eventBuffer: 1 } },
    is: true,
    async see(world) {
      const { next } = await read(world, 'events');
      for (const clientId of ['one', 'two']) await world.connect({ clientId });
      return ((await read(world, `events?after=${next}`)).leftOut ?? 0) > 0;
    },
  },
  'reload.watch': {
    change: { reload: { watch: true } },
    is: true,
    seenAfterOnly: true,
    async see({ broker }) {
      await writeFile(
        broker.configFile,
        stringify({ ...broker.sections, reload: { watch: true }, limits: { inFlight: 9 } }),
      );
      return broker.log.waitFor(/; changed: limits\.inFlight"/).then(() => true);
    },
  },
  'access.anonymous': {
    change: { access: { anonymous: 'never' } },
    is: 0x87,
    see: async (world) => codeOf((await world.connect()).answer),
  },
  'access.uncheckedPasswords': {
    change: { access: { uncheckedPasswords: 'refuse' } },
    is: 0x86,
    see: async (world) => codeOf((await world.connect({ username: 'u', password: Buffer.from('p') })).answer),
  },
  'access.certificate.principal': {
    change: bind({ principal: 'user-{cn}' }),
    is: true,
    async see(world) {
      const before = world.broker.log.all().length;
      await withCertificate(world, 'principal');
      return world.broker.log
        .all()
        .slice(before)
        .some((line) => line.includes('"user-client-demo"'));
    },
  },
  'access.certificate.bind': {
    change: bind({ bind: 'equal' }),
    is: 0x85,
    see: (world) => withCertificate(world, 'another'),
  },
  'access.certificate.clientId': {
    from: bind({ bind: 'equal' }),
    change: bind({ bind: 'equal', clientId: 'x-{cn}' }),
    is: 0,
    see: (world) => withCertificate(world, 'x-client-demo'),
  },
  'access.certificate.separator': {
    from: bind({ bind: 'prefix' }),
    change: bind({ bind: 'prefix', separator: '.' }),
    is: 0,
    see: (world) => withCertificate(world, 'client-demo.1'),
  },
};
