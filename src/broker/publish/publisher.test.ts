import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startMemoryBroker } from '../../../test/support/memory-broker.ts';
import { type Seen, WireClient } from '../../../test/support/wire-client.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const clientCount = 3;
type Qos = 0 | 1 | 2;

/** One thing that one of the clients does. */
type Step =
  | {
      readonly kind: 'subscribe';
      readonly client: number;
      readonly filter: string;
      readonly qos: Qos;
      readonly nl: boolean;
      readonly rap: boolean;
      readonly identifier: number;
    }
  | { readonly kind: 'unsubscribe'; readonly client: number; readonly filter: string }
  | {
      readonly kind: 'publish';
      readonly client: number;
      readonly topic: string;
      readonly qos: Qos;
      readonly retain: boolean;
    }
  | { readonly kind: 'return'; readonly client: number };

interface Scenario {
  readonly clients: readonly { readonly version: 4 | 5; readonly isClean: boolean }[];
  readonly steps: readonly Step[];
}

const client = fc.nat({ max: clientCount - 1 });
const qos = fc.constantFrom<Qos>(0, 1, 2);
const filter = fc.constantFrom(
  'a',
  'a/b',
  'a/+',
  '+/b',
  'a/#',
  '#',
  '+',
  '/',
  '+/+',
  '$x/#',
  '$share/g/a',
  '$share/g/+/b',
  '$share/h/#',
);
const topic = fc.constantFrom('a', 'a/b', 'a/c', 'c/b', '/', 'a/b/c', '$x/y');
const step = fc.oneof(
  fc.record({
    kind: fc.constant('subscribe' as const),
    client,
    filter,
    qos,
    nl: fc.boolean(),
    rap: fc.boolean(),
    identifier: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ kind: fc.constant('unsubscribe' as const), client, filter }),
  {
    arbitrary: fc.record({ kind: fc.constant('publish' as const), client, topic, qos, retain: fc.boolean() }),
    weight: 4,
  },
  fc.record({ kind: fc.constant('return' as const), client }),
);
const scenario: fc.Arbitrary<Scenario> = fc.record({
  clients: fc.array(fc.record({ version: fc.constantFrom(4 as const, 5 as const), isClean: fc.boolean() }), {
    minLength: clientCount,
    maxLength: clientCount,
  }),
  steps: fc.array(step, { minLength: 4, maxLength: 25 }),
});

/** Plays the steps one after the other. @returns what each client saw, over all of its connections. */
async function play({ clients, steps }: Scenario, hotPath: 'on' | 'off'): Promise<Seen[][]> {
  const broker = await startMemoryBroker({ hotPath });
  const seen: Seen[][] = clients.map(() => []);
  const connections: WireClient[] = [];
  const connect = async (index: number): Promise<void> => {
    const { version, isClean } = clients[index] ?? { version: 4, isClean: true };
    connections[index] = new WireClient(broker, version);
    await connections[index].connect(`client-${index}`, isClean);
  };
  const collect = (index: number): void => void seen[index]?.push(...(connections[index]?.seen ?? []));
  for (const index of clients.keys()) await connect(index);
  for (const [number, one] of steps.entries()) {
    const connection = connections[one.client];
    if (connection === undefined) continue;
    if (one.kind === 'return') {
      connection.close();
      collect(one.client);
      await connect(one.client);
    } else await act(connection, one, number + 1);
    // twice: what a client was sent may need its answer before more follows
    for (let round = 0; round < 2; round += 1) for (const each of connections) await each.settle();
  }
  for (const index of clients.keys()) collect(index);
  await broker.disconnectAll();
  await broker.stop(signal);
  return seen;
}

async function act(connection: WireClient, one: Exclude<Step, { kind: 'return' }>, number: number): Promise<void> {
  const messageId = number;
  if (one.kind === 'subscribe') {
    const { filter: topic, qos, nl, rap, identifier } = one;
    const subscriptions = [{ topic, qos, nl: nl && !topic.startsWith('$share/'), rap, rh: 0 }]; // [MQTT-3.8.3-4]
    await connection.ask(
      { cmd: 'subscribe', messageId, subscriptions, properties: { subscriptionIdentifier: identifier } },
      'suback',
    );
  } else if (one.kind === 'unsubscribe')
    await connection.ask({ cmd: 'unsubscribe', messageId, unsubscriptions: [one.filter] }, 'unsuback');
  else {
    const { topic, qos, retain } = one;
    const publish = { cmd: 'publish', topic, payload: String(number), qos, retain, dup: false, messageId } as const;
    if (qos === 0) connection.send(publish);
    else await connection.ask(publish, qos === 1 ? 'puback' : 'pubcomp');
  }
}

test('subscribers see the same whether the hot path is on or off', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (one) => {
      expect(await play(one, 'on')).toEqual(await play(one, 'off'));
    }),
    { numRuns: 60 },
  );
});
