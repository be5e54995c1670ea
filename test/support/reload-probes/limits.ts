import type { IConnackPacket, ISubackPacket, Packet } from 'mqtt-packet';
import type { ReloadWorld } from '../reload-world.ts';
import type { Probe, Probes } from './probe.ts';

/** A property of CONNACK. */
const granted = (name: string, change: object, is: unknown, asks: object = {}): Probe => ({
  change: { limits: change },
  is,
  async see(world) {
    const { answer } = await world.connect({ properties: asks });
    return Reflect.get((answer as IConnackPacket).properties ?? {}, name) as unknown;
  },
});

const codeOf = (packet: Packet | undefined): unknown => packet && Reflect.get(packet, 'reasonCode');

/** The reason code for a message. */
const publishing = (change: object, topic: string): Probe => ({
  change: { limits: change },
  is: 0x90,
  async see(world) {
    const { client } = await world.connect();
    return codeOf(
      await client.ask({ cmd: 'publish', topic, payload: '', qos: 1, messageId: 1, dup: false, retain: false }),
    );
  },
});

/** The reason code for the last of the filters. */
const subscribing = (change: object, filters: readonly string[]): Probe => ({
  change: { limits: change },
  is: 0x97,
  async see(world) {
    const { client } = await world.connect();
    const subscriptions = filters.map((topic) => ({ topic, qos: 0 as const }));
    return ((await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions })) as ISubackPacket).granted.at(-1);
  },
});

/** What a connection that begins now is held to. */
const heldTo = (name: string, value: unknown, is: unknown): Probe => ({
  change: { limits: { [name]: value } },
  is,
  async see(world) {
    await world.connect();
    return Reflect.get(world.limitsOfNewest() ?? {}, name) as unknown;
  },
});

const inFlight = async (world: ReloadWorld): Promise<unknown> => {
  const { client } = await world.connect();
  await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 1 }] });
  for (const messageId of [1, 2])
    client.send({ cmd: 'publish', topic: 'a', payload: '', qos: 1, messageId, dup: false, retain: false });
  client.send({ cmd: 'pingreq' });
  let messages = 0;
  for (let packet = await client.next(); packet?.cmd !== 'pingresp'; packet = await client.next())
    if (packet?.cmd === 'publish') messages += 1;
  return messages;
};

export const limitsProbes: Probes = {
  'limits.connectTimeout': heldTo('connectTimeout', '200ms', 200),
  'limits.connectsWaiting': {
    change: { limits: { connectsWaiting: 1 } },
    is: 0x97,
    seenAfterOnly: true,
    async see(world) {
      void world.connect({ clientId: 'asked' }); // waits
      return codeOf((await world.connect({ clientId: 'asked' })).answer);
    },
  },
  'limits.authenticationTimeout': {
    change: { limits: { authenticationTimeout: '200ms' } },
    is: 0x88,
    seenAfterOnly: true,
    see: async (world) => codeOf((await world.connect({ clientId: 'asked' })).answer),
  },
  'limits.closeTimeout': heldTo('closeTimeout', '200ms', 200),
  'limits.connectPacketSize': {
    change: { limits: { connectPacketSize: '128B' } },
    is: 0x95,
    see: async (world) => codeOf((await world.connect({ username: 'u'.repeat(200) })).answer),
  },
  'limits.packetSize': granted('maximumPacketSize', { packetSize: '2KiB' }, 2_048),
  'limits.inboundBuffer': heldTo('inboundBuffer', '2KiB', 2_048),
  'limits.outboundBuffer': heldTo('outboundBuffer', '64KiB', 65_536),
  'limits.memory': {
    change: { limits: { memory: '16MiB' } },
    is: 16_777_216,
    see: (world) => world.memoryBytes(),
  },
  'limits.topicLength': publishing({ topicLength: '64B' }, 't'.repeat(65)),
  'limits.topicLevels': publishing({ topicLevels: 2 }, 'a/b/c'),
  'limits.controlCharacters': publishing({ controlCharacters: 'refuse' }, 'a\u0001'),
  'limits.filtersPerPacket': subscribing({ filtersPerPacket: 1 }, ['a', 'b']),
  'limits.subscriptions.count': subscribing({ subscriptions: { count: 1 } }, ['a', 'b']),
  'limits.subscriptions.bytes': subscribing(
    { subscriptions: { bytes: '64KiB' } },
    ['a', 'b', 'c'].map((name) => `${'x/'.repeat(250)}${name}`),
  ),
  'limits.subscriptions.overlap': subscribing({ subscriptions: { overlap: 1 } }, ['+/a', 'a/+', '#']),
  'limits.clientIdLength': {
    change: { limits: { clientIdLength: '23B' } },
    is: 0x85,
    see: async (world) => codeOf((await world.connect({ clientId: 'c'.repeat(24) })).answer),
  },
  'limits.sessions': {
    change: { limits: { sessions: 1 } },
    is: 0x97,
    async see(world) {
      const properties = { sessionExpiryInterval: 60 };
      await world.connect({ clientId: 'one', clean: false, properties });
      return codeOf((await world.connect({ clientId: 'two', clean: false, properties })).answer) === 0x97
        ? 0x97
        : (await world.connect({ clientId: 'two', clean: true })) && 0;
    },
  },
  'limits.sessionExpiry': granted('sessionExpiryInterval', { sessionExpiry: '90s' }, 90, {
    sessionExpiryInterval: 600,
  }),
  'limits.messageExpiry': {
    change: { limits: { messageExpiry: '90s' } },
    is: 90,
    async see(world) {
      const { client } = await world.connect();
      await client.ask({
        cmd: 'publish',
        topic: '$kept',
        payload: '1',
        qos: 1,
        messageId: 1,
        dup: false,
        retain: true,
      });
      client.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: '$kept', qos: 0 }] });
      for (let packet = await client.next(); packet !== undefined; packet = await client.next())
        if (packet.cmd === 'publish') return packet.properties?.messageExpiryInterval;
      return 'closed';
    },
  },
  'limits.keepAlive.min': {
    change: { limits: { keepAlive: { min: '60s' } } },
    is: 60,
    async see(world) {
      const { answer } = await world.connect({ keepalive: 5 });
      return (answer as IConnackPacket).properties?.serverKeepAlive;
    },
  },
  'limits.keepAlive.max': granted('serverKeepAlive', { keepAlive: { max: '7s' } }, 7),
  'limits.keepAlive.before5': heldTo(
    'keepAlive',
    { max: '7s', before5: 'refuse' },
    {
      min: 0,
      max: 7_000,
      before5: 'refuse',
    },
  ),
  'limits.packetPace': heldTo('packetPace', '1KiB', 1_024),
  'limits.inFlight': { change: { limits: { inFlight: 1 } }, is: 1, see: inFlight },
  'limits.topicAliases': granted('topicAliasMaximum', { topicAliases: 7 }, 7),
  'limits.responseInformation': granted('responseInformation', { responseInformation: 'r/{clientId}' }, 'r/probe', {
    requestResponseInformation: true,
  }),
  'limits.receiveMaximum': granted('receiveMaximum', { receiveMaximum: 7 }, 7),
};
