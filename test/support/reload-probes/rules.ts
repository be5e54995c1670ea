import { connect, type NatsConnection } from '@nats-io/transport-node';
import { marker, type ReloadWorld, signal } from '../reload-world.ts';
import type { Probe, Probes } from './probe.ts';

const on = (change: object, is: unknown, see: Probe['see']): Probe => ({
  change: { bridge: { rules: [{ ...signal, ...change }, marker] } },
  is,
  see,
});

async function withNats<T>({ natsUrl }: ReloadWorld, task: (nats: NatsConnection) => Promise<T>): Promise<T> {
  const nats = await connect({ servers: natsUrl });
  try {
    return await task(nats);
  } finally {
    await nats.close();
  }
}

/** Publishes under the topic. @returns the first subject that NATS hears; `marker.x` where no rule takes the topic */
const subjectOf =
  (topic: string): Probe['see'] =>
  (world) =>
    withNats(world, async (nats) => {
      const heard = nats.subscribe('>')[Symbol.asyncIterator]();
      await nats.flush();
      const { client } = await world.connect();
      for (const each of [topic, 'marker/x'])
        client.send({ cmd: 'publish', topic: each, payload: 'x', qos: 0, dup: false, retain: false });
      return String((await heard.next()).value?.subject);
    });

/** Publishes on the subject. @returns topic and QoS of the first message that a client gets; `marker/x` where no rule takes it */
const messageOf =
  (subject: string): Probe['see'] =>
  (world) =>
    withNats(world, async (nats) => {
      const { client } = await world.connect();
      await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] });
      for (const each of [subject, 'marker.x']) nats.publish(each, 'x');
      const packet = await client.next();
      return packet?.cmd === 'publish' ? `${packet.topic} at QoS ${packet.qos}` : undefined;
    });

/** What the rule is made of that runs, where its effect needs an outage or another node. */
const madeOf = (name: 'ack' | 'queue' | 'subscribe', value: string): Probe =>
  on({ [name]: value }, value, (world) => world.rules().find((one) => one.name === 'signal')?.[name]);

const streamed = (jetstream: object, subject = 'a.>') => ({
  bridge: {
    rules: [
      { name: 'stream', topic: 'from/#', subject, direction: 'from-nats', jetstream: { stream: 'all', ...jetstream } },
    ],
  },
});
const fromStream = (change: object, name: string, is: unknown, subject?: string): Probe => ({
  from: streamed({ consumer: 'one' }),
  change: streamed({ consumer: 'one', ...change }, subject),
  is,
  see: (world) => Reflect.get(world.rules().find((one) => one.name === 'stream')?.jetstream ?? {}, name) as unknown,
});

const renamed = on({ name: 'calls' }, true, async ({ broker }) =>
  (await broker.telemetry.metricsText()).includes('rule="calls"'),
);

export const ruleProbes: Probes = {
  'bridge.rules': renamed,
  'bridge.rules[].name': renamed,
  'bridge.rules[].topic': on({ topic: 'call/#' }, 'signal.1', subjectOf('call/1')),
  'bridge.rules[].subject': on({ subject: 'sig.>' }, 'sig.1', subjectOf('signal/1')),
  'bridge.rules[].direction': on({ direction: 'from-nats' }, 'marker.x', subjectOf('signal/1')),
  'bridge.rules[].ack': madeOf('ack', 'nats'),
  'bridge.rules[].qos': on({ qos: 0 }, 'signal/1 at QoS 0', messageOf('signal.1')),
  'bridge.rules[].queue': madeOf('queue', 'group'),
  'bridge.rules[].subscribe': madeOf('subscribe', 'on-demand'),
  'bridge.rules[].jetstream.stream': fromStream({ stream: 'other' }, 'stream', 'other', 'other.>'),
  'bridge.rules[].jetstream.consumer': fromStream({ consumer: 'two' }, 'consumer', 'two'),
  'bridge.rules[].jetstream.begin': fromStream({ begin: 'all' }, 'begin', 'all'),
  'bridge.rules[].jetstream.ackWait': fromStream({ ackWait: '7s' }, 'ackWait', 7_000),
  'bridge.rules[].jetstream.maxInFlight': fromStream({ maxInFlight: 7 }, 'maxInFlight', 7),
  'bridge.rules[].lenient': on({ lenient: true }, 'signal/a/b at QoS 1', messageOf('signal.a/b')),
};
